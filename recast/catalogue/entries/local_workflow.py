"""A workflow that can be run, and loading one from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from recast.catalogue.entries.example import ExampleInputs
from recast.errors import NotFound
from recast.json_types import JsonDict, JsonObject
from recast.spec import load_workflow
from recast.spec.model import Workflow

if TYPE_CHECKING:
    from recast.catalogue import PublishedVersion

__all__ = ["UNBUILT", "Source", "load_file", "no_example"]


UNBUILT = "sha256:" + "0" * 64
"""A placeholder for the digest of an image that is only built when the version is prepared: a plan has none yet."""


@dataclass(frozen=True)
class Source:
    """A workflow that can be run: its files, and what its catalogue entry adds.

    `files` are the paths (relative to `toplevel`) that belong to the spec. `init` maps keys of init to files of the
    bundle. `version` is None for a workflow that is not published; its inputs are trusted, unless `quotes_inputs` says
    that they are to be quoted for the shell like those of a published one. `offer` is what the chosen
    example brings. `origin` says where it came from (`RunOrder.origin`). `repeats` are the digests that images had in
    the run that this one makes again.
    """

    toplevel: Path
    path: str
    workflow: Workflow
    files: tuple[str, ...]
    pins: Mapping[str, str]
    init: Mapping[str, str] = field(default_factory=dict)
    version: PublishedVersion | None = None
    warnings: tuple[str, ...] = ()
    origin: JsonObject | None = None
    offer: ExampleInputs = field(default_factory=ExampleInputs)
    repeats: Mapping[str, str] = field(default_factory=dict)
    quotes_inputs: bool = False

    @property
    def title(self) -> str:
        """The name that the user knows."""
        return self.version.reference if self.version else self.path

    def other_images(self) -> list[str]:
        """Return a line for each image that differs from that of the run that this one repeats."""
        pairs = [(name, then, self.pins.get(name, UNBUILT)) for name, then in self.repeats.items()]
        return [
            f"the image {name} is {now[:19]} here, it was {then[:19]} in the run that is repeated"
            for name, then, now in pairs
            if now not in (then, UNBUILT)
        ]

    def brought(self, origin: JsonObject | None, offer: ExampleInputs | None = None) -> Source:
        """Return the same workflow with its origin, and the inputs that come with it."""
        note = origin.get("toplevel", {}).get("note") if origin else None
        warnings = (note, *self.warnings) if note else self.warnings
        return replace(self, origin=origin, offer=offer or ExampleInputs(), warnings=warnings)

    def example(self, name: str) -> JsonDict:
        """Return the inputs of an example; raise NotFound."""
        if self.version is not None:
            return dict(self.version.example(name).inputs)
        if self.offer.name == name:
            return dict(self.offer.values)
        raise no_example(self.path, name)


def load_file(path: str, toplevel: Path) -> Source:
    """Load a workflow, with the pins in `images.lock.json` next to it; raise SpecError or NotFound."""
    loaded = load_workflow(path, toplevel)
    return Source(
        toplevel=loaded.toplevel,
        path=loaded.path,
        workflow=loaded.workflow,
        files=loaded.files,
        pins=_pins(loaded.toplevel),
        # A floating image is an error, not a warning, unless the lock pins it; preflight checks this.
        warnings=tuple(str(finding) for finding in loaded.warnings if not finding.code.endswith("floating-image")),
    )


def _pins(folder: Path) -> dict[str, str]:
    if not (folder / "images.lock.json").exists():
        return {}
    from recast.images import load_lock

    return {name: image.digest for name, image in load_lock(folder).images.items()}


def no_example(path: str, name: str) -> NotFound:
    """Return the error for an example that a workflow or version does not have."""
    return NotFound(
        f"{path} has no example {name!r}",
        why="Only published versions and imported entries have examples.",
        next_step="give the inputs with --inputs FILE or -p key=value",
    )
