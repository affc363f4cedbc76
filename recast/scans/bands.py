"""Plot limits along one axis: CLs, or the upper limit on mu or the cross section, observed and expected with bands."""

from __future__ import annotations

import math
from collections.abc import Sequence

from recast.charts.contour import ALPHA
from recast.json_types import JsonObject, JsonValue
from recast.results.numbers import LEAST_CLS, cls_text
from recast.scans.answers import best, coordinates
from recast.scans.axes import Panel, is_number
from recast.scans.style import GREEN, GREY, RED, YELLOW

__all__ = ["band"]

_QUANTITIES = (
    ("cls_obs", "cls_exp", r"$\mathrm{CL_s}$ at $\mu = 1$", ALPHA),
    ("mu_ul_obs", "mu_ul_exp", r"Upper limit on $\mu$ at 95% CL", 1.0),
    ("xsec_ul_obs_fb", "xsec_ul_exp_fb", "Upper limit on the cross section at 95% CL [fb]", None),
)
"""Key of the observed and of the expected values, label, and the value below which a point is excluded."""

Row = tuple[float, JsonObject]


def band(axes: JsonValue, panel: Panel) -> None:
    """Draw the first quantity that the points have against the axis; CLs below the meaningful range are at the edge."""
    rows = sorted(((float(coordinates(it)[panel.axes[0]]), best(it)) for it in panel.answers), key=lambda row: row[0])
    observed, expected, words, level = next(
        (it for it in _QUANTITIES if any(limit.get(it[0]) is not None for _, limit in rows)), _QUANTITIES[0]
    )
    floor = LEAST_CLS if observed == "cls_obs" else 0.0
    _expected(axes, [row for row in rows if all(map(is_number, row[1].get(expected) or [None]))], expected, floor)
    _observed(axes, [row for row in rows if is_number(row[1].get(observed))], observed, floor)
    if observed == "xsec_ul_obs_fb":
        sections = ((x, limit["point"].get("xsec_fb")) for x, limit in rows)
        theory = [(x, section) for x, section in sections if section and is_number(section)]
        if theory:
            axes.plot(*zip(*theory, strict=True), color=RED, label="Cross section of the signal")
    if level is not None:
        axes.axhline(level, color=RED, linewidth=1.5, label=f"{level:g}, excluded below")
    margin = 0.03 * ((rows[-1][0] - rows[0][0]) or abs(rows[0][0]) or 1.0)
    axes.set_xlim(rows[0][0] - margin, rows[-1][0] + margin)
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.set_ylim(max(low, floor * 0.5) or low, high * (high / max(low, floor, high * 1e-9)) ** 0.35)
    axes.set_ylabel(words)
    axes.legend(loc="upper left", ncols=2, frameon=False)


def _expected(axes: JsonValue, rows: Sequence[Row], key: str, floor: float) -> None:
    if not rows:
        return
    x = [row[0] for row in rows]
    bands = [[max(limit[key][index], floor) for _, limit in rows] for index in range(5)]
    if x[0] == x[-1]:  # a band has no width at one point
        axes.vlines(x, bands[0], bands[4], color=YELLOW, linewidth=14, label=r"Expected $\pm 2\,\sigma$")
        axes.vlines(x, bands[1], bands[3], color=GREEN, linewidth=14, label=r"Expected $\pm 1\,\sigma$")
    else:
        axes.fill_between(x, bands[0], bands[4], color=YELLOW, linewidth=0, label=r"Expected $\pm 2\,\sigma$")
        axes.fill_between(x, bands[1], bands[3], color=GREEN, linewidth=0, label=r"Expected $\pm 1\,\sigma$")
    axes.plot(x, bands[2], "k--", marker="_", label="Expected (this scan)")


def _above(value: float, floor: float) -> float:
    """Return a value, or NaN where it is only known to be below the edge: no line is drawn through a bound."""
    return value if value >= floor else math.nan


def _observed(axes: JsonValue, rows: Sequence[Row], key: str, floor: float) -> None:
    decided = [row for row in rows if not row[1].get("undecided")]
    axes.plot([x for x, _ in decided], [_above(limit[key], floor) for _, limit in decided], "k-", linewidth=1)
    kinds = (
        ("ko", "Observed (this scan)", [row for row in decided if row[1][key] >= floor]),
        ("kv", f"Observed, {cls_text(0.0, floor)}", [row for row in decided if row[1][key] < floor]),
    )
    for symbol, label, chosen in kinds:
        if chosen:
            heights = [max(limit[key], floor) for _, limit in chosen]
            axes.plot([x for x, _ in chosen], heights, symbol, markersize=5, label=label, zorder=4)
    open_points = [(x, max(limit[key], floor)) for x, limit in rows if limit.get("undecided")]
    if open_points:
        style = {"color": GREY, "fillstyle": "none", "label": "Observed, undecided", "zorder": 4}
        axes.plot(*zip(*open_points, strict=True), "D", **style)
