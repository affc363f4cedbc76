"""The limit against the mass: observed, expected with its bands, and the model; PNG and PDF.

Fewer than three masses make no line: they are drawn one by one, CLs and limit.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import figures
import style

__all__ = ["draw", "main"]

FEWEST = 3  # masses that make a line


def draw(limits: Sequence[Mapping[str, Any]], look: Mapping[str, Any], stem: Path) -> None:
    """Write the figure as PNG and PDF; the same limits give the same bytes."""
    figure, model = look["figures"][0], limits[0]["point"]["model"]
    drawn = {**figure, "theory": f"{figure['theory']} ({model})"}
    if len(limits) >= FEWEST:
        canvas, (axes,) = style.canvas(1, 9.0)
        figures.against_mass(axes, limits, drawn, lambda _: None)
    else:
        names = [f"{limit['point']['m_zprime_gev']:g} GeV" for limit in limits]
        canvas, (axes, right) = style.canvas(2, 7.0)
        figures.cls_per_signal(axes, limits, names)
        figures.limits_per_signal(right, limits, names, drawn, lambda _: None)
        for place in (axes, right):
            place.set_xlabel(figure["x"]["label"].replace(" [GeV]", ""))
    axes.set_title(f"{figure['process']}, {model}", loc="left", fontsize=12)
    open_ones = [limit for limit in limits if limit.get("undecided")]
    words = [f"Undecided at {limit['point']['m_zprime_gev']:g} GeV: {limit['undecided']}." for limit in open_ones]
    style.around(canvas, look, words)
    style.save(canvas, [stem.with_suffix(".png"), stem.with_suffix(".pdf")])


def main() -> int:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limits", type=Path, required=True)
    parser.add_argument("--figure", type=Path, required=True, help="JSON: the search, its cautions, its axis")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--uses", nargs="*", help="modules that are imported, named so that they come along")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    draw(json.loads(args.limits.read_bytes()), json.loads(args.figure.read_bytes()), args.folder / "limit")
    return 0


if __name__ == "__main__":
    sys.exit(main())
