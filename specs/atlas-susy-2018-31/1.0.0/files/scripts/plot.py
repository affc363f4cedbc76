"""Plot CLs of each region and point: observed, expected with its bands, and the published values where known."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import figures
import style

WIDE = 8.0  # inches, at least
POINTS_PER_INCH = 2.6


def label(point: Mapping[str, Any]) -> str:
    """Return a point as people write it: its region and its three masses."""
    if "m_sbottom_gev" not in point:
        return str(point["name"])
    masses = (point[f"m_{name}_gev"] for name in ("sbottom", "neutralino2", "neutralino1"))
    return f"{point['region']}: {', '.join(map(str, masses))}"


def draw(limits: Sequence[Mapping[str, Any]], look: Mapping[str, Any], files: Sequence[Path]) -> None:
    """Write the figure to each file; the same limits give the same bytes."""
    canvas, (axes,) = style.canvas(1, max(WIDE, len(limits) / POINTS_PER_INCH + 5.0), 7.8)
    figures.cls_per_signal(axes, limits, [label(limit["point"]) for limit in limits])
    axes.set_xlabel(r"Region: $m(\tilde{b}_1)$, $m(\tilde{\chi}^0_2)$, $m(\tilde{\chi}^0_1)$ [GeV]")
    axes.set_title(look["figures"][0]["process"].partition(", ")[0], loc="left", fontsize=12)
    style.around(canvas, {**look, "likelihood": "Full published likelihood, each region by itself"})
    style.save(canvas, files)


def main() -> int:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limits", type=Path, required=True)
    parser.add_argument("--figure", type=Path, required=True, help="JSON: the search, its cautions, its slices")
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()
    draw(json.loads(args.limits.read_bytes()), json.loads(args.figure.read_bytes()), [args.png, args.pdf])
    return 0


if __name__ == "__main__":
    sys.exit(main())
