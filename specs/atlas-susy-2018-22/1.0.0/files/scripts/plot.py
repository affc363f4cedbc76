"""Two figures, PNG and PDF: the bins of the search that decides, and CLs and the limit on the cross section."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import bins
import figures
import style

__all__ = ["draw_bins", "draw_limit", "main", "rows_of"]

SINGLE = "SR-"  # how the names of single-bin regions begin
MULTI = re.compile(r"(?P<search>MB-[A-Za-z]+)/SR_(?P<jets>\d+)_(?P<meff>\d+)_(?P<significance>\d+)_cuts")
NO_LIMIT = "No upper limit:\nno generated event is left in any region"

Document = Mapping[str, Any]


def rows_of(yields: Document, region: str) -> list[dict[str, Any]]:
    """Return the bins of the search that decides: its own if it has several, else all single-bin regions."""
    prefix = SINGLE if region.startswith(SINGLE) else f"{region}/"
    return [{**row, "label": label(row["region"])} for row in yields["regions"] if row["region"].startswith(prefix)]


def label(region: str) -> str:
    """Return a region as people write it: the lower edges of its bin, or its name in the paper."""
    match = MULTI.fullmatch(region)
    return region if match is None else f"{match['meff']} | {match['significance']}"


def draw_bins(yields: Document, limit: Document, look: Document, stem: Path) -> None:
    """Draw data, background and signal in the bins of the search that decides."""
    region, xsec_fb = limit["point"]["region"], style.short_xsec(limit["point"]["xsec_fb"])
    told = look["bins"] if not region.startswith(SINGLE) else {**look["bins"], "x": "Single-bin region"}
    title = f"{process(limit, look)}, {style.name_of(limit['point'], look)}: {region} decides"
    bins.draw(rows_of(yields, region), {**look, "bins": told}, title, f"cross section of {xsec_fb} fb", files(stem))


def process(limit: Document, look: Document) -> str:
    """Return the process of a limit in words."""
    wanted = limit["point"].get("process")
    found = [figure["process"] for figure in look["figures"] if figure["where"]["process"] == wanted]
    return str(found[0] if found else f"events of a file ({wanted})")


def files(stem: Path) -> Sequence[Path]:
    """Return the files of a figure."""
    return [stem.with_suffix(".png"), stem.with_suffix(".pdf")]


def draw_limit(limit: Document, rate: Document, look: Document, stem: Path) -> None:
    """Draw CLs, and the upper limit on the cross section with the one that was tested and its uncertainty."""
    error = rate.get("uncertainty_fb")
    point = limit["point"] if error is None else {**limit["point"], "xsec_error_fb": error}
    one, names = [{**limit, "point": point}], [style.name_of(point, look)]
    canvas, (left, right) = style.canvas(2, 6.6)
    figures.cls_per_signal(left, one, names)
    has_limit = limit.get("xsec_ul_obs_fb") is not None
    if has_limit:
        figures.limits_per_signal(right, one, names, {}, lambda _: None)
    else:
        right.text(0.5, 0.5, NO_LIMIT, ha="center", va="center", transform=right.transAxes)
        right.set_axis_off()
    left.set_title(process(limit, look), loc="left", fontsize=12)
    if has_limit:
        right.set_title(f"{point['region']} decides, by expected CLs", loc="left", fontsize=12)
    notes = [note for note in limit["notes"] if note.startswith(style.OUTSIDE)]
    undecided = [f"Undecided: {limit['undecided']}."] if limit.get("undecided") else []
    source = f"Cross section: {rate['source']}."
    style.around(canvas, look, [source, *undecided, *(f"{note[:1].upper()}{note[1:]}." for note in notes)])
    style.save(canvas, files(stem))


def main() -> int:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--yields", type=Path, required=True)
    parser.add_argument("--limit", type=Path, required=True)
    parser.add_argument("--rate", type=Path, required=True, help="JSON: the cross section, its uncertainty and source")
    parser.add_argument("--figure", type=Path, required=True, help="JSON: the search, its cautions, its bins")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--uses", nargs="*", help="modules that are imported, named so that they come along")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    yields, limit, rate, look = (
        json.loads(path.read_bytes()) for path in (args.yields, args.limit, args.rate, args.figure)
    )
    draw_bins(yields, limit, look, args.folder / "yields")
    draw_limit(limit, rate, look, args.folder / "limit")
    return 0


if __name__ == "__main__":
    sys.exit(main())
