"""Colours, words and symbols of all pictures, and what stands around them: whose search, which energy, what holds.

`scan.png` uses the same (recast/scans/style.py). The same file lies in every bundle that draws (a test compares them).
"""

from __future__ import annotations

import os
import tempfile
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from slices import EXPECTED, belongs

__all__ = [
    "BLUE", "FIELD", "GREEN", "GREY", "LINES", "MARKS", "NOT_VALIDATED", "OTHER", "RED", "YELLOW", "around",
    "canvas", "is_excluded", "is_validated", "name_of", "save", "short_xsec", "stacked",
]  # fmt: skip

GREEN, YELLOW, RED, BLUE, GREY = "#5bbf6a", "#ffd84d", "#c0392b", "#1f4e9c", "#8a8a8a"
FIELD, OTHER = "#b8c4d6", "#7b3fa0"  # background events; limits of another search
ALPHA = 0.05
OUTSIDE = ("outside the validated range", "not validated", "outside the range")
NOT_VALIDATED = "not validated"
SIZES = {
    "font.size": 12, "axes.labelsize": 14, "xtick.labelsize": 12, "ytick.labelsize": 12, "legend.fontsize": 10.5,
    "legend.frameon": False, "xtick.direction": "in", "ytick.direction": "in", "xtick.top": True, "ytick.right": True,
    "xtick.minor.visible": True, "ytick.minor.visible": True, "axes.linewidth": 1.1, "hatch.linewidth": 0.7,
}  # fmt: skip
LINES = {
    "observed": ("Observed (this run)", {"color": RED, "linewidth": 2.5}),
    "observed +1 sigma theory": (r"Observed, $\sigma \pm 1$ uncertainty", {"color": RED, "linewidth": 1.1, "ls": ":"}),
    "observed -1 sigma theory": ("", {"color": RED, "linewidth": 1.1, "ls": ":"}),
    "expected": ("Expected (this run)", {"color": "black", "ls": "--", "linewidth": 2}),
    "expected +1 sigma": (r"Expected $\pm 1\,\sigma$", {"color": "black", "ls": ":", "linewidth": 1.2}),
    "expected -1 sigma": ("", {"color": "black", "ls": ":", "linewidth": 1.2}),
}
MARKS = {
    True: ("Point, excluded", {"marker": "o", "color": GREY}),
    False: ("Point, not excluded", {"marker": "x", "color": GREY}),
    None: ("Point, no verdict", {"marker": "D", "color": GREY, "fillstyle": "none"}),
}
"""Verdict -> words and symbol of a point in a plane."""


def is_excluded(limit: Mapping[str, Any]) -> bool | None:
    """Return whether a signal is excluded at 95% CL; None without a verdict."""
    return None if limit.get("cls_obs") is None or limit.get("undecided") else bool(limit["cls_obs"] < ALPHA)


def is_validated(limit: Mapping[str, Any]) -> bool:
    """Return whether nothing in the notes of a limit says that it is outside of what was compared."""
    return not any(note.startswith(OUTSIDE) for note in limit.get("notes", []))


def short_xsec(value: float) -> str:
    """Return a cross section with two digits that count, such as 0.29, 5.6, 1400."""
    return f"{float(f'{value:.2g}'):g}"


def canvas(panels: int, width: float, height: float = 7.2) -> tuple[Any, list[Any]]:
    """Return a figure and its panels, beside one another; `width` is that of one panel in inches."""
    os.environ.setdefault("MPLCONFIGDIR", tempfile.mkdtemp())
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams.update(SIZES)
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, panels, figsize=(min(60.0, panels * width), height), squeeze=False,
                                layout="constrained")  # fmt: skip
    return figure, list(axes[0])


def stacked(width: float) -> tuple[Any, list[Any]]:
    """Return a figure and two panels, a high one above a low one with the same x axis."""
    figure, (only,) = canvas(1, width, 8.2)
    only.remove()
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3.0, 1.0])
    return figure, [upper, lower]


def name_of(point: Mapping[str, Any], look: Mapping[str, Any]) -> str:
    """Return the name of a signal as people write it: its masses, if the figures know how they are called."""
    for figure in look["figures"]:
        if belongs(point, figure):
            masses = [f"{figure[axis]['label'].replace(' [GeV]', '')} = {point[figure[axis]['key']]:g} GeV"
                      for axis in ("x", "y") if axis in figure]  # fmt: skip
            return ", ".join(masses)
    return str(point.get("name", "signal")).replace("-", " ")


def around(figure: Any, look: Mapping[str, Any], words: Sequence[str] = ()) -> None:
    """Write above the panels which search, energy and luminosity, and below them likelihood, convention and cautions.

    `look` holds `analysis`, `sqrts_tev`, `luminosity_inv_fb`, `likelihood`, and `cautions`, what is not validated.
    """
    width = figure.get_size_inches()[0]
    data = rf"$\sqrt{{s}}$ = {look['sqrts_tev']:g} TeV, {look['luminosity_inv_fb']:g} fb$^{{-1}}$"
    figure.suptitle(f"RECAST of {look['analysis']}      {data}", x=0.015, ha="left", fontsize=14, fontweight="bold")
    lines = [f"{look['likelihood']}. Expected: {EXPECTED}.", *look["cautions"], *words]
    text = "\n".join(part for line in lines for part in textwrap.wrap(line, int(width * 13.5)))
    figure.supxlabel(text, x=0.015, ha="left", fontsize=9.5, color="#444444")


def save(figure: Any, files: Sequence[Path]) -> None:
    """Write a figure to each file; the same numbers give the same bytes."""
    for file in files:
        figure.savefig(file, dpi=150, metadata={"CreationDate": None} if file.suffix == ".pdf" else {})
        figure.set_layout_engine("none")  # it is laid out now, and laying it out is most of the time
