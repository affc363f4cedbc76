"""The limit against the mass with its bands and the model, and the bins of one mass; PNG and PDF.

Fewer than three masses make no line: they are drawn one by one, CLs and limit.
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
import style
from spectra import Channel, channels

__all__ = ["draw", "draw_bins", "main", "rows_of"]

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


def rows_of(
    counted: Mapping[str, Any], spectra: Mapping[str, Channel], fitted: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Return the bins that are fitted for a mass: those above a share (`window`) of it, of both spectra."""
    rows = []
    for name, channel in spectra.items():
        signal = counted["channels"][name]["signal"]
        for i in range(channel.first_bin_above(fitted["window"] * counted["mass_gev"]), len(channel.observed)):
            background = channel.background[i]
            rows.append({
                "region": f"{name}/{i}", "label": f"{channel.edges[i] / 1000.0:.2g}", "observed": channel.observed[i],
                "background": background, "background_error": fitted["background_error"] * background, "signal": signal[i],
            })  # fmt: skip
    return rows


def draw_bins(
    limits: Sequence[Mapping[str, Any]], counts: Sequence[Mapping[str, Any]], spectra: Mapping[str, Channel],
    look: Mapping[str, Any], stem: Path,
) -> None:  # fmt: skip
    """Draw data, background and signal in the bins of the mass whose expected CLs is nearest to 0.05."""
    point = bins.chosen(limits)["point"]
    counted = next(one for one in counts if one["mass_gev"] == point["m_zprime_gev"])
    title = f"{look['figures'][0]['process']}, {point['model']}, {style.name_of(point, look)}"
    words = f"{style.short_xsec(point['xsec_fb'])} fb a flavour"
    others = [f"Drawn is, of {len(limits)} masses, the one whose expected CLs is nearest to 0.05."]
    files = [stem.with_suffix(".png"), stem.with_suffix(".pdf")]
    bins.draw(rows_of(counted, spectra, look["fitted"]), look, title, words, files, others if len(limits) > 1 else ())


def main() -> int:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limits", type=Path, required=True)
    parser.add_argument("--figure", type=Path, required=True, help="JSON: the search, its cautions, its axis")
    parser.add_argument("--counts", type=Path, nargs="+", required=True, help="JSON: signal events of each mass")
    parser.add_argument("--spectra", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--uses", nargs="*", help="modules that are imported, named so that they come along")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    limits, look = json.loads(args.limits.read_bytes()), json.loads(args.figure.read_bytes())
    counts = [json.loads(path.read_bytes()) for path in args.counts]
    draw(limits, look, args.folder / "limit")
    draw_bins(limits, counts, channels(json.loads(args.spectra.read_bytes())), look, args.folder / "bins")
    return 0


if __name__ == "__main__":
    sys.exit(main())
