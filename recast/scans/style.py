"""Colours, labels and symbols of a scan's plot, following those in the searches' publications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recast.json_types import JsonObject
from recast.terminal_safe import visible

__all__ = ["BLUE", "GREEN", "GREY", "LINES", "MARKS", "NO_ANSWER", "RED", "SIZES", "YELLOW", "plain", "title"]

GREEN, YELLOW, RED, BLUE, GREY = "#5bbf6a", "#ffd84d", "#c0392b", "#1f4e9c", "#8a8a8a"
SIZES: JsonObject = {
    "font.size": 12,
    "axes.labelsize": 13,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "legend.fontsize": 9,
    "legend.title_fontsize": 9,
}
LINES: Mapping[str, tuple[str, JsonObject]] = {
    "observed": ("Observed (this scan)", {"color": RED, "linewidth": 2.5}),
    "expected": ("Expected (this scan)", {"color": "black", "linestyle": "--", "linewidth": 2}),
    "expected +1 sigma": (r"Expected $\pm 1\,\sigma$", {"color": "black", "linestyle": ":", "linewidth": 1.2}),
    "expected -1 sigma": ("", {"color": "black", "linestyle": ":", "linewidth": 1.2}),
}
MARKS: Mapping[Any, tuple[str, JsonObject]] = {
    True: ("Point, excluded", {"marker": "o", "color": GREY}),
    False: ("Point, not excluded", {"marker": "x", "color": GREY}),
    None: ("Point, no verdict", {"marker": "D", "color": GREY, "fillstyle": "none"}),
}
NO_ANSWER: JsonObject = {"marker": "s", "color": RED, "fillstyle": "none", "zorder": 2}
_UNITS = {"ev": "eV", "kev": "keV", "mev": "MeV", "gev": "GeV", "tev": "TeV", "fb": "fb", "pb": "pb", "mm": "mm"}
_UNITS |= {"ns": "ns", "cm": "cm"}
_LONGEST = 90


def title(axis: str, labels: Mapping[str, str]) -> str:
    """Return the label of an axis: as declared, or `m_chargino_gev` as m(chargino) [GeV]."""
    if axis in labels:
        return plain(labels[axis])
    name, _, unit = axis.rpartition("_")
    if not name or unit not in _UNITS:
        return plain(axis)
    head, _, rest = name.partition("_")
    words = f"{head}({rest.replace('_', ' ')})" if rest else head
    return plain(f"{words} [{_UNITS[unit]}]")


def plain(text: str, most: int = _LONGEST) -> str:
    """Return an untrusted text for a plot: visible characters, short, and never interpreted as mathematics."""
    return visible(text.replace("\n", " "), most).replace("$", r"\$")
