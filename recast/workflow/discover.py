"""Names of files in values become paths, as yadage's init does: the exact name first, then a pattern."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from recast.workflow.globs import Listing, has_magic, plain, tree
from recast.workflow.interpolate import RequestText

__all__ = ["discovered", "names_in"]


def discovered(
    value: Any, folder: str, listing: Collection[str] | Listing, *, patterns: bool, exact: bool = True
) -> Any:
    """Return a value whose strings that name a file or folder of a listing are paths below `folder`.

    With `patterns` a string that matches as one becomes the list of what it matches; one that names a file as it
    stands is that file, unless `exact` is off. Strings of a request are data and stay as they are.
    """
    known = listing if isinstance(listing, Listing) else Listing(listing)

    def resolved(value: Any) -> Any:
        if isinstance(value, list):
            return [resolved(item) for item in value]
        if isinstance(value, dict):
            return {key: resolved(item) for key, item in value.items()}
        found = _located(value, known, patterns=patterns, exact=exact)
        if isinstance(found, list):
            return [f"{folder}/{name}" for name in found]
        return value if found is None else f"{folder}/{found}"

    return resolved(value)


def names_in(value: Any, listing: Collection[str], take: Callable[[str], None], known: Listing | None = None) -> None:
    """Call `take` with each file of a listing that the strings of a value mean; `known` is the same as a tree."""
    known = known or Listing(listing)
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, (list, dict)):
            todo += item.values() if isinstance(item, dict) else item
            continue
        found = _located(item, known, patterns=True)
        for name in [found] if isinstance(found, str) else found or []:
            for path in [plain(name)] if plain(name) in listing else tree(name, listing):
                take(path)


def _located(text: Any, known: Listing, *, patterns: bool, exact: bool = True) -> str | list[str] | None:
    """Return the name that a string means, the list of names that it matches, or None; spelled as it is (`./sub//`)."""
    if not isinstance(text, str) or isinstance(text, RequestText):
        return None
    if not text or text.startswith("/") or ".." in text.split("/"):
        return None
    if exact and known.exists(text):
        return text
    return (known.matches(text) or None) if patterns and (has_magic(text) or not exact) else None
