"""Match the results of two runs by the model that was tested; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from recast.json_types import JsonObject

__all__ = ["matched"]

Row = JsonObject
_ANSWERS = re.compile(r"xsec_.*|signal(_.*)?|.*region|events|file|name|generated_.*|seed|toys")
"""Keys of a point that describe the outcome or the request, not the model."""
_NAMES = ("name", "file")


def matched(before: Sequence[Row], after: Sequence[Row]) -> list[tuple[str, Row | None, Row | None]]:
    """Return (name, result before, result after), None for a missing one, in the order of the first.

    Results with the same name are matched by the model of their point; where that is ambiguous, also by region, by the
    point's name, by the whole point, and by position in the list.
    """
    found: list[tuple[str, Row | None, Row | None]] = []
    names = dict.fromkeys(row["name"] for row in (*before, *after))
    for name in names:
        groups = [[row for row in rows if row["name"] == name] for rows in (before, after)]
        old, new = _keyed(groups)
        for key in [*old, *(key for key in new if key not in old)]:
            found.append((f"{name} {key}".strip(), old.get(key), new.get(key)))
    return found


def _keyed(groups: Sequence[Sequence[Row]]) -> list[dict[str, Row]]:
    """Return both groups by the coarsest key that is unique in each."""
    for key in _LEVELS:
        keyed = [{key(row): row for row in rows} for rows in groups]
        if all(len(own) == len(rows) for own, rows in zip(keyed, groups, strict=True)):
            return keyed
    return [{f"#{number}": row for number, row in enumerate(rows)} for rows in groups]


def _model(row: Row) -> str:
    """Return a point's model: masses, couplings and labels, without outcomes; the point's name if there are none."""
    point = row.get("point") or {}
    model = {key: value for key, value in point.items() if not _ANSWERS.fullmatch(key)}
    if any(isinstance(value, (int, float)) for value in model.values()):
        return " ".join(f"{key}={_plain(value)}" for key, value in model.items())
    named = next((str(point[key]) for key in _NAMES if point.get(key)), "")
    return " ".join(filter(None, (named, *(f"{key}={value}" for key, value in model.items()))))


def _with_region(row: Row) -> str:
    region = row.get("region") or (row.get("point") or {}).get("region") or ""
    return f"{region} {_model(row)}".strip()


def _named(row: Row) -> str:
    return f"{(row.get('point') or {}).get('name', '')} {_with_region(row)}".strip()


def _whole(row: Row) -> str:
    return f"{row.get('region', '')} {json.dumps(row.get('point') or {}, sort_keys=True)}".strip()


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)


_LEVELS: tuple[Callable[[Row], str], ...] = (_model, _with_region, _named, _whole)
