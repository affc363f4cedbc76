"""Draw the limits, a panel for each slice of a model (plane or line of masses) and for all other signals; and bins.

Signals of different slices are never in one plane, and signals without a cross section get limits and no verdict.
The same limits give the same bytes. The same file lies in every bundle that draws such limits (a test compares them).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import bins
import figures
import slices
import style

WIDE = 9.0  # inches of one panel alone
FEWEST = 3  # masses that make a line
FEW = 12  # signals beside one another, each with CLs and limit

NO_LINE = (
    "No line of exclusion: it needs several neighbouring points with a verdict on either side. Numbers: observed upper "
    "limits on the cross section, or CLs."
)

Limit = Mapping[str, Any]
Panel = tuple[str, Limit, list[Limit]]
"""Kind (`plane`, `line`, `cls` or `limits`), figure, signals."""


def panels(limits: Sequence[Limit], described: Sequence[Limit]) -> list[Panel]:
    """Return what is drawn: each slice as a plane or as lines of one mass each, what is left signal by signal."""
    found: list[Panel] = []
    left = list(limits)
    for figure, chosen in slices.slices(limits, described):
        for one in of_slice(figure, chosen):
            found.append(one)
            left = [limit for limit in left if not any(limit is drawn for drawn in one[2])]
    general = {key: described[0][key] for key in ("theirs", "is_another_search", "bound") if key in described[0]}
    with_cls = [limit for limit in left if limit["cls_obs"] is not None]
    bounded = with_cls if len(with_cls) <= FEW and all("xsec_ul_obs_fb" in limit for limit in with_cls) else []
    without = [limit for limit in left if limit["cls_obs"] is None and limit.get("xsec_ul_obs_fb") is not None]
    found += [("cls", {"process": "Signal by signal"}, with_cls)] if with_cls else []
    found += [("limits", general | {"process": "Signal by signal"}, bounded)] if bounded else []
    words = {"process": "Signal by signal: no cross section was given, so no verdict"}
    return [*found, ("limits", general | words, without)] if without else found


def of_slice(figure: Limit, limits: Sequence[Limit]) -> list[Panel]:
    """Return a slice as a plane, or as lines against its first mass where enough of the second one are the same."""
    x, y = figure["x"]["key"], figure.get("y", {}).get("key")
    rows: dict[Any, list[Limit]] = {}
    for limit in limits:
        rows.setdefault(limit["point"][y] if y else None, []).append(limit)
    if len(rows) > 1 and len({limit["point"][x] for limit in limits}) > 1:
        return [("plane", figure, list(limits))]
    ((value, row),) = rows.items() if len(rows) == 1 else (((None, []),))
    if not row or len({limit["point"][x] for limit in row}) < FEWEST:
        return []
    if not all(limit.get("xsec_ul_obs_fb") and limit.get("xsec_ul_exp_fb") for limit in row):
        return []
    fixed = f", {figure['y']['label'].replace(' [GeV]', '')} = {value:g} GeV" if y else ""
    return [("line", {**figure, "process": figure["process"] + fixed}, row)]


def short_name(limit: Limit, look: Limit) -> str:
    """Return the masses of a signal, or its name if no figure knows its masses."""
    point = limit["point"]
    for figure in look["figures"]:
        if slices.belongs(point, figure):
            masses = [f"{point[figure[axis]['key']]:g}" for axis in ("x", "y") if axis in figure]
            return f"{figure.get('short', '')} {', '.join(masses)} GeV".strip()
    return style.name_of(point, look)


def words_below(limits: Sequence[Limit], rows: Sequence[Any], shown: Sequence[Panel]) -> list[str]:
    """Return what must be said below the panels: what is not validated, and why a plane has no line."""
    notes = sorted({note for limit in limits for note in limit["notes"] if note.startswith(style.OUTSIDE)})
    curves = {(slices.name_of(figure), row[0]) for kind, figure, _ in shown if kind == "plane" for row in rows
              if row[4] == slices.name_of(figure)}  # fmt: skip
    planes = {slices.name_of(figure) for kind, figure, _ in shown if kind == "plane"}
    words = [f"{note[:1].upper()}{note[1:]}." for note in notes]
    if any((plane, "observed") not in curves for plane in planes):
        words.append(NO_LINE)
    shares = [p["xsec_error_fb"] / p["xsec_fb"] for p in (limit["point"] for limit in limits) if "xsec_error_fb" in p]
    without = [
        plane for plane, curve in curves if curve == "observed" and (plane, f"{curve} +1 sigma theory") not in curves
    ]
    if shares and without:
        words.append(
            f"Lines: nominal cross section; its uncertainty ({min(shares):.0%} to {max(shares):.0%}) is not in them."
        )
    return words


def draw(
    limits: Sequence[Limit], rows: Sequence[Any], others: Mapping[str, float], look: Limit, files: Sequence[Path]
) -> None:
    """Write the figure to each file."""

    def theirs(limit: Limit) -> float | None:
        found = limit.get("published", {}).get("xsec_ul_obs_fb", others.get(limit["point"].get("name")))
        return None if found is None else float(found)

    shown = panels(limits, look["figures"])
    most = max((len(chosen) for kind, _, chosen in shown if kind in ("cls", "limits")), default=0)
    width = max(WIDE if len(shown) == 1 else 0.85 * WIDE, most / 2.8 + 5.0)
    canvas, axes = style.canvas(len(shown), width)
    for place, (kind, figure, chosen) in zip(axes, shown):
        names = [short_name(limit, look) for limit in chosen]
        if kind == "plane":
            figures.plane(place, chosen, rows, figure, theirs)
        elif kind == "line":
            figures.against_mass(place, chosen, figure, theirs)
        elif kind == "cls":
            figures.cls_per_signal(place, chosen, names)
        else:
            figures.limits_per_signal(place, chosen, names, figure, theirs)
        place.set_title(figure["process"], loc="left", fontsize=12)
    style.around(canvas, look, words_below(limits, rows, shown))
    style.save(canvas, files)


def main() -> int:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limits", type=Path, required=True)
    parser.add_argument("--contour", type=Path, required=True)
    parser.add_argument("--comparison", type=Path, help="table: point, ours, theirs, ratio")
    parser.add_argument("--figure", type=Path, required=True, help="JSON: the search, its cautions, its slices")
    parser.add_argument("--yields", type=Path, required=True, help="events in the bins of each signal")
    for name in ("png", "pdf", "bins-png", "bins-pdf"):
        parser.add_argument(f"--{name}", type=Path, required=True, help="written")
    args = parser.parse_args()
    limits, contour, look = (json.loads(path.read_bytes()) for path in (args.limits, args.contour, args.figure))
    compared = json.loads(args.comparison.read_bytes())["rows"] if args.comparison else []
    others = {row[0]: row[2] for row in compared}
    draw(limits, contour["rows"], others, look, [args.png, args.pdf])
    bins.draw_one(limits, json.loads(args.yields.read_bytes()), look, [args.bins_png, args.bins_pdf])
    return 0


if __name__ == "__main__":
    sys.exit(main())
