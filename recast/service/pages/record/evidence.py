"""What speaks for a version, as its page shows it: each published number with ours, and what changed since the last."""

from __future__ import annotations

from collections.abc import Iterator

from recast.json_types import JsonDict, JsonObject, JsonValue, is_finite
from recast.service.pages.shape import compact, items_of, mapping, text, texts

__all__ = ["shown_changes", "shown_evidence", "shown_size"]

_MOST_NUMBERS, _MOST_NAMES = 40, 20
_VERDICTS = {"passed": "reproduced", "documented": "deviates, and the entry says why", "failed": "FAILED"}
_WORST_FIRST = ("failed", "documented", "", "passed")
_PARTS = {
    "inputs": "Inputs",
    "results": "Results",
    "images": "Images",
    "numbers": "Numbers to reproduce",
}
_GIGABYTE_MB = 1000


def shown_evidence(found: JsonObject) -> JsonDict:
    """Return the numbers of a version, the failed ones first; `more` are left out."""
    items = items_of(found.get("items"))
    rows = sorted((_number(it) for it in items), key=lambda row: _WORST_FIRST.index(row["verdict"]))
    beyond = found.get("more")
    more = beyond if isinstance(beyond, int) and beyond > 0 else 0
    return {
        "rows": rows[:_MOST_NUMBERS],
        "more": max(0, len(rows) - _MOST_NUMBERS) + more,
        "when": text(found.get("when"), 40),
        "where": text(found.get("where"), 100),
    }


def shown_changes(since: JsonValue) -> JsonDict:
    """Return what a version changed of the one before it: that one's number, and lines of (part, word, names)."""
    found = mapping(since)
    return {"from": text(found.get("from"), 80), "lines": list(_changes(found))}


def shown_size(image: JsonObject) -> str:
    """Return how large an image is said to be, and how long it takes to build; empty if nothing is said."""
    size, minutes = image.get("size_mb"), image.get("minutes")
    told = []
    if is_finite(size) and size > 0:
        told.append(f"about {size / _GIGABYTE_MB:.2g} GB" if size >= _GIGABYTE_MB else f"about {size:.3g} MB")
    if is_finite(minutes) and minutes > 0:
        told.append(f"built in about {minutes:.3g} min")
    return ", ".join(told)


def _changes(found: JsonObject) -> Iterator[tuple[str, str, list[str]]]:
    for part, words in _PARTS.items():
        changes = mapping(found.get(part))
        for word in ("added", "removed", "changed"):
            if names := texts(changes.get(word), _MOST_NAMES, 100):
                yield words, word, names


def _number(item: JsonObject) -> JsonDict:
    verdict = text(item.get("verdict"), 20)
    kind = text(item.get("kind"), 20)
    return {
        "name": text(item.get("name"), 100),
        "published": _value(item.get("published")),
        "ours": _value(item.get("ours")),
        "tolerance": _tolerance(kind, item.get("tolerance")),
        "deviation": _tolerance(kind, item.get("deviation")),
        "source": text(item.get("source"), 300),
        "verdict": verdict if verdict in _VERDICTS else "",
        "words": _VERDICTS.get(verdict, "not validated here"),
        "why": text(item.get("reason"), 400) or text(item.get("documented"), 400),
    }


def _value(found: JsonValue) -> str:
    return f"{found:.4g}" if is_finite(found) else compact(found, 40) if found not in (None, "") else ""


def _tolerance(kind: str, found: JsonValue) -> str:
    """Return a tolerance or deviation: a share of the number for relative ones, else as it is."""
    if not is_finite(found):
        return ""
    return f"{found:.2%}" if kind in ("relative", "agreement") else f"{found:.3g}"
