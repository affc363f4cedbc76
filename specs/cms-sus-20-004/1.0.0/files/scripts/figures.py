"""The three pictures: exclusion contours in a mass plane, limits against mass, CLs per signal."""

from __future__ import annotations

from typing import Any

__all__ = ["against_mass", "per_signal", "plane"]

FLOOR = 1e-4  # CLs below is drawn at the lower edge
GREEN, YELLOW, RED, BLUE, GREY = "#5bbf6a", "#ffd84d", "#c0392b", "#1f4e9c", "#8a8a8a"
CURVES = {
    "observed": ("Observed (this run)", {"color": RED, "linewidth": 2.5}),
    "expected": ("Expected (this run)", {"color": "black", "linestyle": "--", "linewidth": 2}),
    "expected +1 sigma": (r"Expected $\pm 1\,\sigma$", {"color": "black", "linestyle": ":", "linewidth": 1.2}),
    "expected -1 sigma": ("", {"color": "black", "linestyle": ":", "linewidth": 1.2}),
    "published": ("Observed (published limits)", {"color": BLUE, "linewidth": 2}),
}


def plane(axes: Any, limits: list[dict[str, Any]], contour: dict[str, Any], figure: dict[str, Any]) -> None:
    """Draw the contours of CLs = 0.05, the published one, and each point with its verdict."""
    x, y = figure["x"]["key"], figure["y"]["key"]
    inside = [limit for limit in limits if x in limit["point"] and y in limit["point"]]
    for excluded, marker, text in ((True, "o", "Point, excluded"), (False, "x", "Point, not excluded")):
        chosen = [limit["point"] for limit in inside if (limit["cls_obs"] < 0.05) is excluded]
        style = {"marker": marker, "color": GREY, "linestyle": "none", "markersize": 5, "label": text}
        axes.plot([point[x] for point in chosen], [point[y] for point in chosen], **style)
    for name, (label, style) in CURVES.items():
        parts = sorted({row[1] for row in contour["rows"] if row[0] == name})
        for part in parts:
            line = [(row[2], row[3]) for row in contour["rows"] if row[:2] == [name, part]]
            axes.plot(*zip(*line), label=label if part == 0 and label else None, **style)
    frame(axes, inside, figure)


def frame(axes: Any, limits: list[dict[str, Any]], figure: dict[str, Any]) -> None:
    """Set labels, ranges and the line of what kinematics allow."""
    xs, ys = ([limit["point"][figure[axis]["key"]] for limit in limits] for axis in ("x", "y"))
    axes.set_xlim(min(xs) - 0.03 * (max(xs) - min(xs)), max(xs) + 0.03 * (max(xs) - min(xs)))
    axes.set_ylim(min(ys) - 0.03 * (max(ys) - min(ys)), max(ys) + 0.45 * (max(ys) - min(ys)))
    edge = figure.get("kinematic_limit")
    if edge:
        ends = [min(xs), max(xs)]
        heights = [edge["slope"] * end + edge["offset_gev"] for end in ends]
        axes.plot(ends, heights, color=GREY, linestyle="-.", linewidth=1.2, label=edge["label"])
    axes.set_xlabel(figure["x"]["label"], size=18)
    axes.set_ylabel(figure["y"]["label"], size=18)
    axes.legend(loc="upper left", fontsize=11, ncols=2, title=f"{figure['process']}, 95% CL", title_fontsize=12)


def against_mass(axes: Any, limits: list[dict[str, Any]], figure: dict[str, Any]) -> None:
    """Draw upper limits on the cross section against mass: observed, expected with its bands, published, theory."""
    key = figure["x"]["key"]
    limits = sorted(limits, key=lambda limit: limit["point"][key])
    masses = [limit["point"][key] for limit in limits]
    bands = [[limit["xsec_ul_exp_fb"][index] for limit in limits] for index in range(5)]
    axes.fill_between(masses, bands[0], bands[4], color=YELLOW, label=r"Expected $\pm 2\,\sigma$")
    axes.fill_between(masses, bands[1], bands[3], color=GREEN, label=r"Expected $\pm 1\,\sigma$")
    axes.plot(masses, bands[2], "k--", label="Expected (this run)")
    axes.plot(masses, [limit["xsec_ul_obs_fb"] for limit in limits], "k-o", markersize=5, label="Observed (this run)")
    known = [(limit["point"][key], limit["published"]["xsec_ul_obs_fb"]) for limit in limits if "published" in limit]
    if known:
        axes.plot(
            *zip(*known), "s", color=BLUE, fillstyle="none", markersize=9, label=figure.get("theirs", "Published")
        )
    theory = [(limit["point"][key], limit["point"]["xsec_fb"]) for limit in limits if "xsec_fb" in limit["point"]]
    if theory:
        axes.plot(*zip(*theory), color=RED, label="Cross section of the signal")
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * (high / low) ** 0.3)
    axes.set_xlabel(figure["x"]["label"], size=18)
    axes.set_ylabel("Upper limit on the cross section at 95% CL [fb]", size=18)
    axes.legend(loc="upper right", fontsize=11, ncols=2, title=figure["process"], title_fontsize=12)


def per_signal(axes: Any, limits: list[dict[str, Any]]) -> None:
    """Draw CLs of each signal: observed, and expected with its bands."""
    places = range(len(limits))
    bands = [[max(limit["cls_exp"][index], FLOOR) for limit in limits] for index in range(5)]
    for low, high, colour, text in ((0, 4, YELLOW, "2"), (1, 3, GREEN, "1")):
        heights = [top - bottom for top, bottom in zip(bands[high], bands[low])]
        label = rf"Expected $\pm {text}\,\sigma$"
        axes.bar(places, heights, bottom=bands[low], width=0.8, color=colour, label=label)
    ends = [i - 0.4 for i in places], [i + 0.4 for i in places]
    axes.hlines(bands[2], *ends, colors="black", linestyles="--", label="Expected")
    observed = [max(limit["cls_obs"], FLOOR) for limit in limits]
    axes.plot(places, observed, "ko", label="Observed (this run)", zorder=4)
    known = [
        (i, limit["published"]["cls_obs"])
        for i, limit in enumerate(limits)
        if limit.get("published", {}).get("cls_obs")
    ]
    if known:
        style = {"color": BLUE, "markersize": 14, "fillstyle": "none", "zorder": 5, "label": "Observed (published)"}
        axes.plot(*zip(*known), "s", **style)
    axes.axhline(0.05, color=RED, linewidth=1.5, label="CLs = 0.05: excluded below at 95% CL", zorder=3)
    names = [limit["point"]["name"] for limit in limits]
    axes.set_xticks(places, names, rotation=55, ha="right", size=11)
    axes.minorticks_off()
    axes.set_yscale("log")
    axes.set_ylim(FLOOR, 30.0)
    axes.set_ylabel(r"CL$_\mathrm{s}$ at $\mu = 1$", size=18)
    axes.legend(loc="upper left", ncols=2, fontsize=11)
