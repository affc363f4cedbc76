"""What a pipeline is asked for, and what it is given to do it with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from recast.ci.reference import LOCK_NAME
from recast.paths import Places
from recast.prepare import Options
from recast.rundir import RunDirectory
from recast.runs import OpenRun

__all__ = ["EVENTS", "PipelineOrder", "Tools"]

EVENTS = ("push", "tag", "request", "local")

Drive = Callable[[RunDirectory], OpenRun]
"""Drives a run to its end; raises as `recast.operations.run.drive_run`."""


@dataclass(frozen=True, slots=True)
class PipelineOrder:
    """One pipeline: the checkout in `folder`, judged as `commit` of `ref`; its files go into `out`.

    `reference` is the file to compare with (None: the one in the checkout), `write_reference` the file that a good
    verdict moves; `update_reference` moves the one in the checkout whatever the verdict on its physics is. `push` is
    the registry for images, reference and versions (`oci://HOST/REPOSITORY`), `key` signs what is published.
    `untrusted` says that the commit is a stranger's: nothing is pushed, published or moved.
    """

    folder: Path
    out: Path
    options: Options = field(default_factory=Options)
    commit: str | None = None
    ref: str | None = None
    event: str = "local"
    untrusted: bool = False
    push: str | None = None
    reference: Path | None = None
    write_reference: Path | None = None
    update_reference: bool = False
    key: Path | None = None

    @property
    def lock(self) -> Path:
        """The lock in the checkout, which also holds its announced changes."""
        return self.folder / LOCK_NAME

    @property
    def tag(self) -> str | None:
        """The name of the tag that the commit has, None if this is not about a tag."""
        name = (self.ref or "").removeprefix("refs/tags/")
        return name if self.event == "tag" or (self.ref or "").startswith("refs/tags/") else None

    @property
    def writes_reference(self) -> bool:
        """Whether a good verdict moves a reference."""
        return self.update_reference or self.write_reference is not None


@dataclass(frozen=True, slots=True)
class Tools:
    """What a pipeline works with: the places of this machine, a function for messages, and one that drives runs."""

    places: Places
    say: Callable[[str], None]
    drive: Drive
