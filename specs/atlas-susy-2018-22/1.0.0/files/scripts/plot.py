"""Two figures in the style of ATLAS, PNG and PDF: events per region, and the upper limit on the cross section."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["draw_limit", "draw_yields", "main"]

GREEN, YELLOW, RED, BLUE, GREY = "#5bbf6a", "#ffd84d", "#c0392b", "#1f4e9c", "#b8c4d6"
TITLE = r"RECAST of ATLAS-SUSY-2018-22, 13 TeV, 139 fb$^{-1}$"


def _pyplot() -> Any:
    os.environ.setdefault("MPLCONFIGDIR", tempfile.mkdtemp())
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import mplhep

    plt.style.use(mplhep.style.ATLAS)
    return plt


def _save(figure: Any, stem: Path) -> None:
    """Write PNG and PDF; the same numbers give the same bytes."""
    figure.savefig(stem.with_suffix(".png"), dpi=130)
    figure.savefig(stem.with_suffix(".pdf"), metadata={"CreationDate": None})


def draw_yields(yields: dict[str, Any], stem: Path) -> None:
    """Draw observed events, background with its error, and the signal on top, for the single-bin regions."""
    rows = [row for row in yields["regions"] if row["region"].startswith("SR-")]
    x = range(len(rows))
    background, error, signal, observed = (
        [row[key] for row in rows] for key in ("background", "background_error", "signal", "observed")
    )
    figure, axes = _pyplot().subplots(figsize=(10.0, 7.0), layout="constrained")
    axes.bar(x, background, width=1.0, color=GREY, label="Background")
    axes.bar(
        x, [2 * e for e in error], bottom=[b - e for b, e in zip(background, error)], width=1.0, color="none",
        hatch="////", edgecolor="black", linewidth=0.0, label="Uncertainty",
    )  # fmt: skip
    total = [b + s for b, s in zip(background, signal)]
    axes.step([-0.5, *(i + 0.5 for i in x)], [total[0], *total], where="pre", color=RED, label="Background + signal")
    seen = [(i, n) for i, n in zip(x, observed) if n > 0]
    axes.errorbar(*zip(*seen), yerr=[n**0.5 for _, n in seen], fmt="o", color="black", label="Data", zorder=4)
    axes.set_yscale("log")
    axes.set_ylim(0.1, 30.0 * max([*total, *observed]))
    axes.set_xlim(-0.5, len(rows) - 0.5)
    axes.set_xticks(list(x), [row["region"] for row in rows], rotation=40, ha="right", size=13)
    axes.set_ylabel("Events", size=17)
    axes.set_title(TITLE, loc="left", size=13)
    axes.legend(loc="upper right", fontsize=13)
    _save(figure, stem)


def draw_limit(limit: dict[str, Any], stem: Path) -> None:
    """Draw the upper limit on the cross section with its bands, and the cross section that was tested."""
    figure, axes = _pyplot().subplots(figsize=(8.0, 4.5), layout="constrained")
    low2, low1, median, high1, high2 = limit["xsec_ul_exp_fb"]
    for low, high, colour, sigma in ((low2, high2, YELLOW, 2), (low1, high1, GREEN, 1)):
        axes.axvspan(low, high, 0.0, 0.55, color=colour, label=rf"Expected $\pm {sigma}\,\sigma$")
    xsec_fb = limit["point"]["xsec_fb"]
    for value, style, colour, text in (
        (median, "--", "black", "Expected"),
        (limit["xsec_ul_obs_fb"], "-", "black", "Observed"),
        (xsec_fb, "-", RED, "Tested cross section"),
    ):
        axes.axvline(value, 0.0, 0.55, color=colour, linestyle=style, label=text)
    axes.set_xscale("log")
    values = (low2, high2, limit["xsec_ul_obs_fb"], xsec_fb)
    axes.set_xlim(0.5 * min(values), 2.0 * max(values))
    axes.set_yticks([])
    axes.set_xlabel(r"Upper limit on $\sigma$ at 95% CL [fb]", size=16)
    axes.set_title(f"{TITLE}: {limit['point']['region']}", loc="left", size=12)
    axes.legend(loc="upper center", ncols=3, fontsize=11)
    _save(figure, stem)


def main() -> int:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--yields", type=Path, required=True)
    parser.add_argument("--limit", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    draw_yields(json.loads(args.yields.read_bytes()), args.folder / "yields")
    draw_limit(json.loads(args.limit.read_bytes()), args.folder / "limit")
    return 0


if __name__ == "__main__":
    sys.exit(main())
