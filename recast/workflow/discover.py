"""Names of files in values become paths, as yadage's init does: the exact name first, then a pattern."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from recast.workflow.globs import has_magic, matches, tree
from recast.workflow.interpolate import RequestText

__all__ = ["discovered", "located", "names_in"]


def discovered(value: Any, folder: str, listing: Collection[str], *, patterns: bool) -> Any:
    """Return a value whose strings that name a file or folder of a listing are paths below `folder`.

    With `patterns` a string that matches as one becomes the list of what it matches. Strings of a request are data
    and stay as they are.
    """
    if isinstance(value, list):
        return [discovered(item, folder, listing, patterns=patterns) for item in value]
    if isinstance(value, dict):
        return {key: discovered(item, folder, listing, patterns=patterns) for key, item in value.items()}
    if not isinstance(value, str) or isinstance(value, RequestText):
        return value
    found = located(value, listing, patterns=patterns)
    if isinstance(found, list):
        return [f"{folder}/{name}" for name in found]
    return value if found is None else f"{folder}/{found}"


def located(text: str, listing: Collection[str], *, patterns: bool) -> str | list[str] | None:
    """Return the name in a listing that a text means, the list of names that it matches, or None."""
    if not text or text.startswith("/"):
        return None
    name = text.removeprefix("./").rstrip("/")
    if name in listing or (name and tree(name, listing)):
        return name
    return (matches(name, listing) or None) if patterns and has_magic(name) else None


def names_in(value: Any, listing: Collection[str], take: Callable[[str], None]) -> None:
    """Call `take` with each file of a listing that the strings of a value mean."""
    if isinstance(value, list):
        for item in value:
            names_in(item, listing, take)
    elif isinstance(value, dict):
        for item in value.values():
            names_in(item, listing, take)
    elif isinstance(value, str) and not isinstance(value, RequestText):
        found = located(value, listing, patterns=True)
        for name in [found] if isinstance(found, str) else found or []:
            for path in [name] if name in listing else tree(name, listing):
                take(path)
