"""Draw the result: contours where the signals span a mass plane, limits against mass on a line, else CLs per signal.

The same limits give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import figures


def chosen(limits: list[dict[str, Any]], figures_of: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the description of the figure whose axes most signals have."""

    def fitting(figure: dict[str, Any]) -> int:
        keys = [figure[axis]["key"] for axis in ("x", "y") if axis in figure]
        return sum(all(key in limit["point"] for key in keys) for limit in limits)

    return max(figures_of, key=fitting)


def shape(limits: list[dict[str, Any]], contour: dict[str, Any], figure: dict[str, Any]) -> str:
    """Return `plane`, `line` or `points`: what the signals can be drawn as."""
    if contour["rows"]:
        return "plane"
    key = figure["x"]["key"]
    bounded = [limit for limit in limits if key in limit["point"] and limit.get("xsec_ul_obs_fb") is not None]
    masses = {limit["point"][key] for limit in bounded}
    return "line" if len(masses) == len(limits) and len(masses) > 2 else "points"


def draw(limits: list[dict[str, Any]], contour: dict[str, Any], look: dict[str, Any], files: list[Path]) -> None:
    """Write the figure to each file."""
    os.environ.setdefault("MPLCONFIGDIR", tempfile.mkdtemp())
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import mplhep

    plt.style.use(getattr(mplhep.style, look["style"]))
    figure = chosen(limits, look["figures"])
    kind = shape(limits, contour, figure)
    width = min(60.0, max(9.0, len(limits) / 2.6 + 5.0)) if kind == "points" else 9.5
    canvas, axes = plt.subplots(figsize=(width, 7.5), layout="constrained")
    if kind == "plane":
        figures.plane(axes, limits, contour, figure)
    elif kind == "line":
        figures.against_mass(axes, limits, figure)
    else:
        figures.per_signal(axes, limits)
    axes.set_title(look["title"], loc="left", size=13)
    for file in files:
        canvas.savefig(file, dpi=150, metadata={"CreationDate": None} if file.suffix == ".pdf" else {})


def main() -> int:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limits", type=Path, required=True)
    parser.add_argument("--contour", type=Path, required=True)
    parser.add_argument("--figure", type=Path, required=True, help="JSON: title, style, figures to choose from")
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()
    limits, contour, look = (json.loads(path.read_bytes()) for path in (args.limits, args.contour, args.figure))
    draw(limits, contour, look, [args.png, args.pdf])
    return 0


if __name__ == "__main__":
    sys.exit(main())
