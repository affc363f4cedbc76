"""The neighbouring rooms as a pipeline uses them: only what is called here, imported when it is needed."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, cast

from recast.images import ImageStore
from recast.json_types import JsonDict, JsonObject, JsonValue
from recast.registry import Registry

__all__ = [
    "Comparing",
    "Judgement",
    "Outcome",
    "Reporting",
    "Testing",
    "comparing",
    "reporting",
    "send_notes",
    "signing_key",
    "testing",
]


class Judgement(Protocol):
    """What a comparison says."""

    @property
    def word(self) -> str:
        """The word for the commit: passed, moved, undecided or nothing-to-do."""

    def as_json(self) -> JsonDict:
        """Return `comparison.json`."""

    def sentence(self) -> str:
        """Return one sentence for the merge request."""


class Comparing(Protocol):
    """`recast.ci.compare`."""

    Rules: Callable[..., JsonValue]
    Tolerance: Callable[..., JsonValue]
    quantities: Callable[[Sequence[JsonObject], str], tuple[JsonValue, ...]]
    published_values: Callable[[Sequence[JsonObject], Sequence[JsonObject], str], tuple[JsonValue, ...]]
    compare: Callable[..., Judgement]


class Outcome(Protocol):
    """The outcome of one test of a step."""

    outcome: str

    def as_json(self) -> JsonDict:
        """Return a row of `tests` in `report.json`."""


class Testing(Protocol):
    """`recast.ci.steptests`."""

    How: Callable[..., JsonValue]
    load: Callable[..., tuple[JsonValue, ...]]
    run: Callable[..., list[Outcome]]


class Reporting(Protocol):
    """`recast.ci.report`."""

    write: Callable[[JsonObject, JsonObject | None, Path], None]


def comparing() -> Comparing:
    """Return the room that compares quantities."""
    return cast(Comparing, importlib.import_module("recast.ci.compare"))


def testing() -> Testing:
    """Return the room that tests steps."""
    return cast(Testing, importlib.import_module("recast.ci.steptests"))


def reporting() -> Reporting:
    """Return the room that writes reports."""
    return cast(Reporting, importlib.import_module("recast.ci.report"))


def send_notes(digests: Sequence[str], images: ImageStore, registry: Registry) -> int:
    """Push the SBOMs and the provenance of images; return the number of bytes sent."""
    try:
        notes = importlib.import_module("recast.registry.notes")
    except ImportError:
        return 0
    return int(notes.push_notes(digests, images, registry))


def signing_key() -> Path | None:
    """Return the SSH key with which this machine signs what it builds, None if there is none."""
    named = getattr(importlib.import_module("recast.signing"), "signing_key", None)
    return cast("Path | None", named()) if named is not None else None
