"""The limit against the mass, in the style of ATLAS: observed, expected with its bands, and the model; PNG and PDF."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["draw", "main"]

GREEN, YELLOW, RED = "#5bbf6a", "#ffd84d", "#c0392b"


def draw(limits: list[dict[str, Any]], stem: Path) -> None:
    """Write the figure as PNG and PDF; the same limits give the same bytes."""
    os.environ.setdefault("MPLCONFIGDIR", tempfile.mkdtemp())
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import mplhep

    plt.style.use(mplhep.style.ATLAS)
    figure, axes = plt.subplots(figsize=(9.0, 7.0), layout="constrained")
    masses = [limit["point"]["m_zprime_gev"] / 1000.0 for limit in limits]
    band = [[limit["xsec_ul_exp_fb"][i] for limit in limits] for i in range(5)]
    axes.fill_between(masses, band[0], band[4], color=YELLOW, label=r"Expected $\pm 2\,\sigma$")
    axes.fill_between(masses, band[1], band[3], color=GREEN, label=r"Expected $\pm 1\,\sigma$")
    axes.plot(masses, band[2], "k--", label="Expected")
    axes.plot(masses, [limit["xsec_ul_obs_fb"] for limit in limits], "ko-", markersize=4, label="Observed")
    model = limits[0]["point"]["model"]
    axes.plot(masses, [limit["point"]["xsec_fb"] for limit in limits], color=RED, label=f"Z' ({model}), LO")
    axes.set_yscale("log")
    axes.set_xlabel("m(Z') [TeV]", size=17)
    axes.set_ylabel(r"$\sigma \times B(Z' \to \ell\ell)$ [fb], 95% CL", size=17)
    axes.set_title(r"RECAST of the ATLAS dilepton search, 13 TeV, 139 fb$^{-1}$", loc="left", size=13)
    axes.legend(loc="upper right", fontsize=14)
    figure.savefig(stem.with_suffix(".png"), dpi=130)
    figure.savefig(stem.with_suffix(".pdf"), metadata={"CreationDate": None})


def main() -> int:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limits", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    draw(json.loads(args.limits.read_bytes()), args.folder / "limit")
    return 0


if __name__ == "__main__":
    sys.exit(main())
