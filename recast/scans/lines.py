"""The exclusion contours of the scan that a run belongs to, as table results."""

from __future__ import annotations

from recast.errors import StoreError
from recast.json_types import JsonDict, JsonObject, JsonValue
from recast.paths import Places
from recast.scans.record import load, scans_folder
from recast.strictjson import parse_json

__all__ = ["lines_results"]


def lines_results(places: Places, run: str) -> list[JsonDict]:
    """Return a table for each panel with contours: rows of curve, part, x, y, including published ones.

    The list is empty if no scan has this run. The contours are those of the whole scan, which may include points of
    other runs.
    """
    for path in sorted(scans_folder(places).glob("*/contour.json"), reverse=True):
        try:
            record = load(path.parent)
            drawn = parse_json(path.read_bytes()) if run in record.runs else {}
            published = drawn.get("published", record.published)
            tables = [_table(it, published, record.scan, n) for n, it in enumerate(_panels(drawn, record.axes), 1)]
        except (StoreError, OSError, ValueError, KeyError, TypeError):
            continue
        if found := [table for table in tables if table is not None]:
            return found
    return []


def _panels(drawn: JsonObject, axes: list[str]) -> list[JsonObject]:
    """Return the panels of a scan; a scan from before panels existed counts as one panel."""
    if "panels" in drawn:
        return list(drawn["panels"])
    return [{"axes": axes, "held": "", "contours": drawn["contours"]}] if drawn else []


def _table(panel: JsonObject, published: list[JsonValue], scan: str, number: int) -> JsonDict | None:
    if not panel["contours"]:
        return None
    curves = {**panel["contours"], **({"published": published} if published else {})}
    rows = [
        [curve, part, float(x), float(y)]
        for curve, lines in curves.items()
        for part, line in enumerate(lines)
        for x, y in line
    ]
    columns = [{"name": name} for name in ("curve", "part", *panel["axes"])]
    held = f"; {panel['held']}" if panel["held"] else ""
    title = f"Exclusion contours at 95% CL (scan {scan}{held})"
    name = "scan_contour" if number == 1 else f"scan_contour_{number}"
    return {"name": name, "type": "table", "title": title, "columns": columns, "rows": rows}
