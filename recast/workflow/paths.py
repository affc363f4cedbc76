"""Paths over the stages of a scope, as dependencies and selectors of a running workflow use them."""

from __future__ import annotations

from functools import lru_cache

from recast.errors import SpecError
from recast.spec.paths import PathError, Segment
from recast.spec.paths import parse_path as parse

__all__ = ["Segment", "parse_path"]


@lru_cache(maxsize=4096)
def parse_path(text: str) -> tuple[Segment, ...]:
    """Parse a path; raise SpecError for what is not a path, or uses more of JSONPath than names of stages need."""
    try:
        segments = parse(text)
    except PathError as problem:
        raise _unreadable(text, str(problem)) from None
    if segments is None:
        raise _unreadable(text, "A path names stages of its own scope: name, name[*].sub, name[0].sub, or a,b.")
    return segments


def _unreadable(text: str, why: str) -> SpecError:
    return SpecError(
        f"The stage path {text!r} cannot be read",
        code="spec.path",
        why=why,
        next_step="write the stage's name, followed by [*] and a dot to look into its sub-workflows",
    )
