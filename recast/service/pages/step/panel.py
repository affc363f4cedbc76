"""A log as a page shows it: a part, and the addresses of the parts around it. Pure.

The page, its parts for scripts, and what works without scripts are one thing: a part is shown by its address.
"""

from __future__ import annotations

from collections.abc import Sequence

from recast.json_types import JsonDict, JsonObject
from recast.service.pages.links import query
from recast.service.pages.shape import items_of, text

__all__ = ["shown_hits", "shown_panel"]


def shown_panel(log: JsonObject, path: str, kept: JsonObject, attempts: Sequence[int], download: str) -> JsonDict:
    """Return a part of a log for the page at `path`; `kept` is what its address says besides."""
    start, end, size, ended = (log.get(key) for key in ("offset", "next", "size", "ended"))
    assert isinstance(start, int) and isinstance(end, int) and isinstance(size, int)
    here = {**{name: str(value) for name, value in kept.items()}, "attempt": str(log["attempt"])}
    file = text(log.get("file"), 40)
    whole = start == 0 and end >= size and ended is True
    return {
        "attempt": log["attempt"],
        "attempts": [(it, query(path, here, attempt=str(it))) for it in attempts],
        "pieces": log.get("pieces", []),
        "empty": start == end,
        "again": log.get("again") is True,
        "ended": ended is True,
        "is_all": ended is True and end >= size,
        "is_first": start == 0,
        "size": _size(size),
        "where": "" if whole or start == end else f"{_size(end - start)} of {_size(size)}, from byte {start:,}",
        "newest": query(path, here),
        "oldest": query(path, here, at="0"),
        "earlier": query(path, here, before=str(start), file=file) if start > 0 else "",
        "later": query(path, here, at=str(end), file=file) if end < size or not ended else "",
        "download": query(download, {"step": str(log["step"]), "attempt": str(log["attempt"])}),
    }


def shown_hits(found: JsonObject, path: str, kept: JsonObject, words: str) -> JsonDict:
    """Return what a search found in a log, and how far it has looked."""
    start, end, size = (found.get(key) for key in ("offset", "next", "size"))
    assert isinstance(start, int) and isinstance(end, int) and isinstance(size, int)
    here = {**{name: str(value) for name, value in kept.items()}, "attempt": str(found["attempt"]), "q": words}
    return {
        "words": words,
        "hits": [
            {
                "at": query(path, here, at=str(it["offset"])),
                "text": text(it.get("text"), 400),
                "byte": f"{it['offset']:,}",
            }
            for it in items_of(found.get("hits"))
        ],
        "looked": f"Looked through {_size(end - start)} of {_size(size)}, from byte {start:,}.",
        "more": query(path, here, look=str(end)) if end < size else "",
        "again": query(path, here) if start > 0 else "",
    }


def _size(number: int) -> str:
    """Return a number of bytes in words."""
    if number < 10_000:
        return f"{number:,} bytes"
    return f"{number / 1e3:.0f} kB" if number < 1e6 else f"{number / 1e6:.1f} MB"
