"""Which signals belong into one picture: a slice is a plane or a line of a model, with all other masses fixed; pure.

A figure of `figure.json` describes a slice: `where` (keys of a point that must have a value), `differences` (two keys
and what lies between them, GeV), `x` and, for a plane, `y` (key and label), and `step_gev`, the longest step between
neighbours that a line of exclusion may cross. The same file lies in every bundle that draws (a test compares them).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import contours

__all__ = ["EXPECTED", "belongs", "contour_table", "name_of", "slices"]

EXPECTED = "background only, nuisances and auxiliary data at the fit to data"
"""What expected values are for, in all entries that have these files."""

Limit = Mapping[str, Any]
Figure = Mapping[str, Any]


def axes_of(figure: Figure) -> list[str]:
    """Return the keys of a figure's axes: one or two."""
    return [figure[axis]["key"] for axis in ("x", "y") if axis in figure]


def name_of(figure: Figure) -> str:
    """Return what a slice is called in tables."""
    return str(figure.get("slice", "plane"))


def belongs(point: Mapping[str, Any], figure: Figure) -> bool:
    """Return whether a point lies in the slice of a figure."""
    differences = figure.get("differences", [])
    keys = [*axes_of(figure), *figure.get("where", {}), *(key for one, other, _ in differences for key in (one, other))]
    return (
        all(key in point for key in keys)
        and all(point[key] == value for key, value in figure.get("where", {}).items())
        and all(abs(point[one] - point[other] - gap) < 1e-6 for one, other, gap in differences)
    )


def slices(limits: Sequence[Limit], figures: Sequence[Figure]) -> list[tuple[Figure, list[Limit]]]:
    """Return each figure that has signals, with them; a signal is in the first slice that it belongs to."""
    chosen: list[list[Limit]] = [[] for _ in figures]
    for limit in limits:
        place = next((i for i, figure in enumerate(figures) if belongs(limit["point"], figure)), None)
        if place is not None:
            chosen[place].append(limit)
    return [(figure, found) for figure, found in zip(figures, chosen) if found]


def contour_table(limits: Sequence[Limit], figures: Sequence[Figure]) -> dict[str, Any]:
    """Return the lines of exclusion of each plane, as a table; its notes say why a line is not there."""
    planes, axes = {}, []
    for figure, chosen in slices(limits, figures):
        if "y" in figure and len({limit["point"][figure["y"]["key"]] for limit in chosen}) > 1:
            step = figure["step_gev"][0], figure["step_gev"][1]
            planes[name_of(figure)] = contours.of_limits(chosen, axes_of(figure), step) | theory(chosen, figure, step)
            axes.append(axes_of(figure))
    common = axes[0] if axes and all(one == axes[0] for one in axes) else ()
    return contours.table(planes, common)


def theory(limits: Sequence[Limit], figure: Figure, step: tuple[float, float]) -> dict[str, contours.Contour]:
    """Return the observed line for a cross section that is one uncertainty larger and smaller.

    It needs upper limits and the uncertainty of the cross section at every point; else there is no such line.
    """
    needed = ("xsec_fb", "xsec_error_fb")
    if not all(limit.get("xsec_ul_obs_fb") and all(key in limit["point"] for key in needed) for limit in limits):
        return {}
    x, y = axes_of(figure)
    curves = {}
    for sign, word in ((1.0, "+1"), (-1.0, "-1")):
        values = [
            (float(point[x]), float(point[y]), (point["xsec_fb"] + sign * point["xsec_error_fb"]) / bound - 1.0)
            for point, bound in ((limit["point"], limit["xsec_ul_obs_fb"]) for limit in limits)
        ]
        curves[f"observed {word} sigma theory"] = contours.contour(values, 0.0, step)
    return curves
