"""The pictures of limits: a mass plane, limits against mass, CLs per signal, limits per signal.

The same file lies in every bundle that draws (a test compares them).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from slices import name_of
from style import (
    BLUE, GREEN, GREY, LINES, MARKS, NOT_VALIDATED, OTHER, RED, YELLOW, is_excluded, is_validated, short_xsec,
)  # fmt: skip

__all__ = ["Theirs", "against_mass", "cls_per_signal", "limits_per_signal", "plane"]

FLOOR = 1e-6  # CLs below says no more than that it is below
LEAST_CLS = 1e-4  # of an axis: what is below is drawn at its edge, and marked
MANY = 50  # numbers that can no longer be read in a plane

Limit = Mapping[str, Any]
Theirs = Callable[[Limit], "float | None"]
"""A limit -> what others found as observed limit on the cross section at the same point, in fb."""


def plane(axes: Any, limits: Sequence[Limit], rows: Sequence[Sequence[Any]], figure: Limit, theirs: Theirs) -> None:
    """Draw each point with its verdict, the lines of exclusion that the points carry, and what others say of a point."""
    for verdict, (text, style) in MARKS.items():
        chosen = [limit["point"] for limit in limits if is_excluded(limit) is verdict]
        if chosen:
            xs, ys = coordinates(chosen, figure)
            axes.plot(xs, ys, linestyle="none", markersize=6, label=text, zorder=2, **style)
    by_others = [
        one["point"] for one in limits if "xsec_fb" in one["point"] and (theirs(one) or 1e99) < one["point"]["xsec_fb"]
    ]
    if by_others:
        words = f"{figure.get('theirs', 'Published limit')} below the cross section"
        xs, ys = coordinates(by_others, figure)
        axes.plot(xs, ys, "s", color=BLUE, fillstyle="none", markersize=10, mew=0.9, label=words, zorder=1)
    own = [row for row in rows if row[4] == name_of(figure)]
    for name, (text, style) in LINES.items():
        for part in sorted({row[1] for row in own if row[0] == name}):
            line = [(row[2], row[3]) for row in own if row[:2] == [name, part]]
            axes.plot(*zip(*line), label=text if part == 0 and text else None, zorder=3, **style)
    if not any(row[0] == "observed" for row in own):
        numbers(axes, limits, figure)
    frame(axes, limits, figure)


def coordinates(points: Sequence[Limit], figure: Limit) -> tuple[list[float], list[float]]:
    """Return the coordinates of points in a plane."""
    x, y = figure["x"]["key"], figure["y"]["key"]
    return [point[x] for point in points], [point[y] for point in points]


def numbers(axes: Any, limits: Sequence[Limit], figure: Limit) -> None:
    """Write at each point of a plane without lines its limit in fb, or its CLs if it has no limit."""
    if len(limits) > MANY:
        return
    words = [f"{short_xsec(one['xsec_ul_obs_fb'])} fb" if one.get("xsec_ul_obs_fb") is not None
             else f"CLs {one['cls_obs']:.2g}" for one in limits]  # fmt: skip
    for x, y, text in zip(*coordinates([one["point"] for one in limits], figure), words):
        axes.annotate(text, (x, y), xytext=(0, 6), textcoords="offset points", ha="center", fontsize=8.5)


def frame(axes: Any, limits: Sequence[Limit], figure: Limit) -> None:
    """Set labels, ranges and the line of what kinematics allow."""
    xs, ys = coordinates([limit["point"] for limit in limits], figure)
    wide, high = (max(xs) - min(xs)) or 100.0, (max(ys) - min(ys)) or 100.0
    axes.set_xlim(min(xs) - 0.06 * wide, max(xs) + 0.06 * wide)
    axes.set_ylim(min(ys) - 0.06 * high, max(ys) + 0.5 * high)
    edge = figure.get("kinematic_limit")
    if edge:
        ends = axes.get_xlim()
        heights = [edge["slope"] * end + edge["offset_gev"] for end in ends]
        axes.plot(ends, heights, color=GREY, linestyle="-.", linewidth=1.2, label=edge["label"], zorder=1)
        axes.set_xlim(ends)
    axes.set_xlabel(figure["x"]["label"])
    axes.set_ylabel(figure["y"]["label"])
    legend(axes, "upper left")


def legend(axes: Any, place: str) -> None:
    """Write the legend, in two columns if they fit into the panel."""
    axes.figure.canvas.draw()  # so that the panel has its size
    if axes.legend(loc=place, ncols=2).get_window_extent().width > axes.get_window_extent().width:
        axes.legend(loc=place, ncols=1)


def against_mass(axes: Any, limits: Sequence[Limit], figure: Limit, theirs: Theirs) -> None:
    """Draw upper limits on the cross section against mass: observed, expected with its bands, others', the model."""
    key = figure["x"]["key"]
    limits = sorted(limits, key=lambda limit: limit["point"][key])
    masses = [limit["point"][key] for limit in limits]
    bands = [[limit["xsec_ul_exp_fb"][index] for limit in limits] for index in range(5)]
    axes.fill_between(masses, bands[0], bands[4], color=YELLOW, lw=0, label=r"Expected $\pm 2\,\sigma$")
    axes.fill_between(masses, bands[1], bands[3], color=GREEN, lw=0, label=r"Expected $\pm 1\,\sigma$")
    axes.plot(masses, bands[2], "k--", linewidth=2, label="Expected (this run)")
    axes.plot(masses, [limit["xsec_ul_obs_fb"] for limit in limits], "k-", linewidth=1.8)
    for good, face, text in ((True, "black", "Observed (this run)"), (False, "white", f"Observed, {NOT_VALIDATED}")):
        chosen = [(limit["point"][key], limit["xsec_ul_obs_fb"]) for limit in limits if is_validated(limit) is good]
        if chosen:
            axes.plot(*zip(*chosen), "ko-" if good else "ko", mfc=face, markersize=6, label=text)
    undecided = [(limit["point"][key], limit["xsec_ul_obs_fb"]) for limit in limits if limit.get("undecided")]
    if undecided:
        axes.plot(*zip(*undecided), "D", color=RED, fillstyle="none", markersize=12, label="Undecided", zorder=5)
    known = [(limit["point"][key], theirs(limit)) for limit in limits if theirs(limit) is not None]
    if known:
        style = {"color": figure_colour(figure), "fillstyle": "none", "markersize": 9}
        axes.plot(*zip(*known), "s", label=figure.get("theirs", "Observed (published)"), **style)
    model(axes, limits, key, figure)
    axes.set_yscale("log")
    room(axes, 0.35)
    axes.set_xlabel(figure["x"]["label"])
    axes.set_ylabel(figure.get("bound", "Upper limit on the cross section at 95% CL [fb]"))
    legend(axes, "upper right")


def figure_colour(figure: Limit) -> str:
    """Return the colour of others' limits: the paper's own are blue, those of another search are not."""
    return OTHER if figure.get("is_another_search") else BLUE


def model(axes: Any, limits: Sequence[Limit], key: str, figure: Limit) -> None:
    """Draw the cross section of the model with its uncertainty, where it is known."""
    known = [limit["point"] for limit in limits if "xsec_fb" in limit["point"]]
    if not known:
        return
    masses, xsecs = [point[key] for point in known], [point["xsec_fb"] for point in known]
    axes.plot(masses, xsecs, color=RED, linewidth=1.8, label=figure.get("theory", "Cross section of the signal"))
    if all("xsec_error_fb" in point for point in known):
        errors = [point["xsec_error_fb"] for point in known]
        edges = [[x + sign * e for x, e in zip(xsecs, errors)] for sign in (-1, 1)]
        axes.fill_between(masses, *edges, color=RED, alpha=0.3, lw=0, label="its uncertainty")


def room(axes: Any, share: float) -> None:
    """Make room for the legend on a logarithmic axis."""
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * (high / low) ** share)


def boxes(axes: Any, bands: Sequence[Sequence[float]]) -> None:
    """Draw five expected values per signal as boxes of one and two sigma with the median."""
    places, width = range(len(bands)), 0.7 if len(bands) > 3 else 0.35
    for low, high, colour, text in ((0, 4, YELLOW, "2"), (1, 3, GREEN, "1")):
        heights = [band[high] - band[low] for band in bands]
        label = rf"Expected $\pm {text}\,\sigma$"
        axes.bar(places, heights, bottom=[band[low] for band in bands], width=width, color=colour, label=label)
    ends = [i - width / 2 for i in places], [i + width / 2 for i in places]
    axes.hlines([band[2] for band in bands], *ends, colors="black", linestyles="--", label="Expected (this run)")


def named(axes: Any, names: Sequence[str]) -> None:
    """Write the names of the signals below them."""
    turned = len(names) > 3 and max(map(len, names)) > 8
    look = {"rotation": 50, "ha": "right", "rotation_mode": "anchor"} if turned else {}
    axes.set_xticks(range(len(names)), names, size=11, **look)
    axes.tick_params(axis="x", which="minor", length=0)
    axes.set_xlim(-1.0, len(names))


def cls_per_signal(axes: Any, limits: Sequence[Limit], names: Sequence[str]) -> None:
    """Draw CLs of each signal: observed, expected with its bands, the published value where it is known."""
    boxes(axes, [[max(value, LEAST_CLS) for value in limit["cls_exp"]] for limit in limits])
    seen = [(i, limit["cls_obs"]) for i, limit in enumerate(limits)]
    for chosen, marker, text in (
        ([pair for pair in seen if pair[1] >= LEAST_CLS], "o", "Observed (this run)"),
        ([(i, LEAST_CLS * 1.3) for i, cls in seen if cls < LEAST_CLS], "v", f"Observed, below {LEAST_CLS:g}"),
    ):
        if chosen:
            axes.plot(*zip(*chosen), f"k{marker}", markersize=7, label=text, zorder=4)
    open_ones = [(i, max(limit["cls_obs"], LEAST_CLS)) for i, limit in enumerate(limits) if limit.get("undecided")]
    if open_ones:
        axes.plot(*zip(*open_ones), "D", color=RED, fillstyle="none", markersize=13, label="Undecided", zorder=5)
    pairs = [(i, limit.get("published", {}).get("cls_obs")) for i, limit in enumerate(limits)]
    known = [(i, max(value, LEAST_CLS)) for i, value in pairs if value is not None]
    if known:
        axes.plot(*zip(*known), "s", color=BLUE, markersize=14, fillstyle="none", mew=1.6, zorder=5,
                  label="Observed (published)")  # fmt: skip
    axes.axhline(0.05, color=RED, linewidth=1.5, label="CLs = 0.05: excluded below at 95% CL", zorder=3)
    named(axes, names)
    axes.set_yscale("log")
    axes.set_ylim(LEAST_CLS, 30.0)
    axes.set_yticks([10.0**power for power in range(-4, 1)])
    axes.set_ylabel(r"CL$_\mathrm{s}$ at $\mu = 1$")
    legend(axes, "upper left")


def limits_per_signal(axes: Any, limits: Sequence[Limit], names: Sequence[str], figure: Limit, theirs: Theirs) -> None:
    """Draw the upper limit on the cross section of each signal, and the cross section where it is known."""
    boxes(axes, [limit["xsec_ul_exp_fb"] for limit in limits])
    axes.plot(
        range(len(limits)), [limit["xsec_ul_obs_fb"] for limit in limits], "ko", label="Observed (this run)", zorder=4
    )
    known = [(i, theirs(limit)) for i, limit in enumerate(limits) if theirs(limit) is not None]
    if known:
        style = {"color": figure_colour(figure), "fillstyle": "none", "markersize": 12}
        axes.plot(*zip(*known), "s", label=figure.get("theirs", "Observed (published)"), **style)
    tested = [(i, limit["point"]) for i, limit in enumerate(limits) if "xsec_fb" in limit["point"]]
    if tested:
        places, values = [i for i, _ in tested], [point["xsec_fb"] for _, point in tested]
        errors = [point.get("xsec_error_fb", 0.0) for _, point in tested]
        style = {"fmt": "_", "color": RED, "markersize": 34, "mew": 2.2, "elinewidth": 1.6, "capsize": 6, "zorder": 5}
        axes.errorbar(places, values, yerr=errors, label=figure.get("theory", "Cross section as tested"), **style)
    named(axes, names)
    axes.set_yscale("log")
    low = min([limit["xsec_ul_exp_fb"][0] for limit in limits] + [point["xsec_fb"] for _, point in tested])
    axes.set_ylim(bottom=0.5 * low)
    room(axes, 0.35)
    axes.set_ylabel(figure.get("bound", "Upper limit on the cross section at 95% CL [fb]"))
    legend(axes, "upper left")
