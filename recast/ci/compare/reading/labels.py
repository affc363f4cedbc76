"""The names in pointers: which point a result is about, told by what was asked and never by what came out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from recast.json_types import JsonObject, JsonValue
from recast.terminal_safe import one_line

__all__ = ["clean", "labels", "leaf"]

_OUTCOMES = re.compile(r"xsec_.*|signal(_.*)?|.*region|events|file|name|generated_.*|seed|toys")
"""Keys of a point that describe the outcome or the request, not the model."""
_LONGEST = 120


def labels(rows: Sequence[JsonObject]) -> list[str]:
    """Return a label for each of the results of one name, no two alike.

    It is the point's name, or its model's values (`squark_1600_400`); for a cutflow the region. What two results share
    is told apart by region or model, else by a number. It is empty for a result without a point.
    """
    plain = [_label(row) for row in rows]
    several = Counter(plain)
    fuller = [_fuller(row) if several[label] > 1 else label for row, label in zip(rows, plain, strict=True)]
    seen: Counter[str] = Counter()
    found = []
    for label in fuller:
        seen[label] += 1
        found.append(label if seen[label] == 1 else f"{label}#{seen[label]}")
    return found


def clean(text: JsonValue) -> str:
    """Return a name of somebody else as a part of a pointer: one line, visible, not too long, never empty."""
    words = one_line(" ".join(str(text).split()), _LONGEST)
    return words or "-"


def leaf(text: JsonValue) -> str:
    """Return a name as the last part of a pointer, without slashes: `MET/sqrt(HT)` is `MET:sqrt(HT)`."""
    return clean(text).replace("/", ":")


def _label(row: JsonObject) -> str:
    if row.get("region"):
        return clean(row["region"])
    point = row.get("point") or {}
    return clean(point["name"]) if point.get("name") else _model(row)


def _fuller(row: JsonObject) -> str:
    region = row.get("region") or (row.get("point") or {}).get("region")
    return "/".join(filter(None, (_label(row) if not row.get("region") else _model(row), clean(region or ""))))


def _model(row: JsonObject) -> str:
    """Return the values of a point's model, such as `squark_1600_400`; the name of its file if there are none."""
    point = row.get("point") or {}
    values = [_short(value) for key, value in point.items() if not _OUTCOMES.fullmatch(key)]
    if not values and point.get("file"):
        return clean(point["file"])
    return clean("_".join(values)) if values else ""


def _short(value: JsonValue) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)
