"""Plot CLs per point: observed, expected with bands of one and two sigma, and the published values where known."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

POINTS_PER_FIGURE_INCH = 2.6
MAX_WIDTH_INCH = 60.0
FLOOR = 1e-4  # values below are drawn at the lower edge
GREEN, YELLOW, RED, BLUE = "#5bbf6a", "#ffd84d", "#c0392b", "#1f4e9c"


def clip(values: list[float]) -> list[float]:
    """Return the values with small ones lifted to the lower edge of the plot."""
    return [max(value, FLOOR) for value in values]


def draw_bands(axes: Any, limits: list[dict[str, Any]]) -> None:
    """Draw the expected median and its bands, one box a point."""
    low2, low1, median, high1, high2 = (clip([limit["cls_exp"][i] for limit in limits]) for i in range(5))
    x = range(len(limits))
    for low, high, colour, text in ((low2, high2, YELLOW, "2"), (low1, high1, GREEN, "1")):
        heights = [top - bottom for top, bottom in zip(high, low)]
        axes.bar(x, heights, bottom=low, width=0.8, color=colour, label=rf"Expected $\pm {text}\,\sigma$")
    axes.hlines(median, [i - 0.4 for i in x], [i + 0.4 for i in x], colors="black", linestyles="--", label="Expected")


def draw_points(axes: Any, limits: list[dict[str, Any]]) -> None:
    """Draw observed and published values and the line of exclusion."""
    inside = [i for i, limit in enumerate(limits) if limit["cls_obs"] >= FLOOR]
    below = [i for i, limit in enumerate(limits) if limit["cls_obs"] < FLOOR]
    style = {"color": "black", "linestyle": "none", "zorder": 4}
    axes.plot(inside, [limits[i]["cls_obs"] for i in inside], marker="o", label="Observed (this run)", **style)
    if below:
        axes.plot(below, [FLOOR * 1.4] * len(below), marker="v", label=f"Observed, below {FLOOR:g}", **style)
    known = [(i, limit["published"]["cls_obs"]) for i, limit in enumerate(limits) if "published" in limit]
    if known:
        x, values = zip(*known)
        axes.plot(
            x, clip(list(values)), "s", color=BLUE, markersize=14, fillstyle="none", mew=1.8,
            label="Observed (published)", zorder=5,
        )  # fmt: skip
    axes.axhline(0.05, color=RED, linewidth=1.5, label="CLs = 0.05: excluded below at 95% CL", zorder=3)


def label(point: dict[str, Any]) -> str:
    """Return the tick label of a point."""
    if "m_sbottom_gev" not in point:
        return str(point["name"])
    masses = f"{point['m_sbottom_gev']}, {point['m_neutralino2_gev']}, {point['m_neutralino1_gev']}"
    return f"{point['region']}: {masses}"


def draw(limits: list[dict[str, Any]], files: list[Path]) -> None:
    """Write the figure to each file; the same limits give the same bytes."""
    os.environ.setdefault("MPLCONFIGDIR", tempfile.mkdtemp())
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import mplhep

    plt.style.use(mplhep.style.ATLAS)
    width = min(MAX_WIDTH_INCH, max(8.0, len(limits) / POINTS_PER_FIGURE_INCH + 5.0))
    figure, axes = plt.subplots(figsize=(width, 7.5), layout="constrained")
    draw_bands(axes, limits)
    draw_points(axes, limits)
    axes.set_yscale("log")
    axes.set_ylim(FLOOR, 30.0)
    axes.set_xlim(-0.6, len(limits) - 0.4)
    axes.set_xticks(range(len(limits)), [label(limit["point"]) for limit in limits], rotation=55, ha="right", size=11)
    axes.set_yticks([10.0**power for power in range(-4, 1)])
    axes.minorticks_off()
    axes.set_ylabel(r"CL$_\mathrm{s}$ at $\mu = 1$", size=17)
    axes.set_xlabel(r"Region: $m(\tilde{b}_1)$, $m(\tilde{\chi}^0_2)$, $m(\tilde{\chi}^0_1)$ [GeV]", size=15)
    axes.set_title(r"RECAST of ATLAS-SUSY-2018-31, 13 TeV, 139 fb$^{-1}$, full likelihood", loc="left", size=13)
    axes.legend(loc="upper left", ncols=2, fontsize=11)
    for file in files:
        metadata = {"CreationDate": None} if file.suffix == ".pdf" else {}
        figure.savefig(file, dpi=150, metadata=metadata)


def main() -> int:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limits", type=Path, required=True)
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()
    draw(json.loads(args.limits.read_bytes()), [args.png, args.pdf])
    return 0


if __name__ == "__main__":
    sys.exit(main())
