"""The lines of exclusion of the scan that a run belongs to, as a table result."""

from __future__ import annotations

import json
from typing import Any

from recast.errors import StoreError
from recast.places import Places
from recast.scans.record import load, scans_folder

__all__ = ["lines_result"]


def lines_result(places: Places, run: str) -> dict[str, Any] | None:
    """Return rows of curve, part, x, y, those of the paper too; None if no scan has this run, or it drew no line.

    The lines are of the whole scan, which may have points of other runs.
    """
    for path in sorted(scans_folder(places).glob("*/contour.json"), reverse=True):
        try:
            record = load(path.parent)
            drawn = json.loads(path.read_bytes())["contours"] if run in record.runs else {}
        except (StoreError, OSError, ValueError, KeyError):
            continue
        curves = {**drawn, **({"published": record.published} if record.published else {})}
        rows = [
            [curve, part, float(x), float(y)]
            for curve, lines in curves.items()
            for part, line in enumerate(lines)
            for x, y in line
        ]
        if drawn and rows:
            columns = [{"name": name} for name in ("curve", "part", *record.axes)]
            title = f"Lines of exclusion at 95% CL (scan {record.scan})"
            return {"name": "scan_contour", "type": "table", "title": title, "columns": columns, "rows": rows}
    return None
