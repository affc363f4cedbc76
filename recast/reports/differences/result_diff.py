"""Compare the results of two runs: the answers first, then every number; matched by the model that was tested."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from recast.json_types import JsonObject, JsonValue
from recast.reports.differences.json_diff import Difference, differences
from recast.results.matching import matched
from recast.runs.open_run import OpenRun

__all__ = ["answer_leaves", "result_leaves", "stored_results"]

Row = JsonObject
_ANSWERS = (
    ("excluded",), ("verdict",), ("cls_obs",), ("cls_exp", 2), ("mu_ul_obs",), ("mu_ul_exp", 2),
    ("xsec_ul_obs_fb",), ("xsec_ul_exp_fb", 2), ("point", "xsec_fb"), ("point", "region"),
    ("point", "most_sensitive_region"),
)  # fmt: skip
"""What people look for in a limit, in this order: the path in the result."""


def stored_results(live: OpenRun) -> list[Row]:
    """Return the collected results of a run; an empty list if there are none."""
    try:
        rows = json.loads((live.directory.results / "results.json").read_bytes())["results"]
        return [row for row in rows if isinstance(row, dict) and "name" in row]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def result_leaves(before: Sequence[Row], after: Sequence[Row]) -> Iterator[Difference]:
    """Yield every value that differs, by result and model."""
    for name, old, new in matched(before, after):
        yield from differences(None if old is None else dict(old), None if new is None else dict(new), f"/{name}")


def answer_leaves(before: Sequence[Row], after: Sequence[Row]) -> list[Difference]:
    """Return the differences in verdicts, CLs and upper limits; points whose verdict changed come first."""
    found: list[tuple[bool, list[Difference]]] = []
    for name, old, new in matched(_limits(before), _limits(after)):
        if old is None or new is None:
            continue  # new and missing results are listed in `results`
        leaves = [leaf for path in _ANSWERS for leaf in _at(path, old, new, name)]
        if leaves:
            found.append((old.get("excluded") == new.get("excluded"), leaves))
    return [leaf for _, leaves in sorted(found, key=lambda item: item[0]) for leaf in leaves]


def _limits(rows: Sequence[Row]) -> list[Row]:
    return [
        row for row in rows if row.get("type", "limit") == "limit" and ("cls_obs" in row or "xsec_ul_obs_fb" in row)
    ]


def _at(path: Sequence[str | int], old: Row, new: Row, name: str) -> Iterator[Difference]:
    where = "/".join(map(str, path))
    yield from differences(_value(old, path), _value(new, path), f"/{name}/{where}")


def _value(row: JsonValue, path: Sequence[str | int]) -> JsonValue:
    for part in path:
        if isinstance(part, int):
            row = row[part] if isinstance(row, list) and len(row) > part else None
        else:
            row = row.get(part) if isinstance(row, Mapping) else None
    return row
