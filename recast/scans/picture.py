"""The picture of a scan: the plane with its lines of exclusion, or CLs along one axis with its band."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recast.errors import UsageError
from recast.scans.answers import best, plane
from recast.scans.contour import ALPHA, CURVES, Line, lines, sigma_of
from recast.scans.record import Answer, ScanRecord

__all__ = ["contours", "draw"]

_SIZES: dict[str, Any] = {
    "font.size": 12,
    "axes.labelsize": 13,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "legend.fontsize": 10,
}
_STYLES = {
    "observed": {"color": "#b2182b", "linestyle": "-", "linewidth": 2.2},
    "expected": {"color": "#222222", "linestyle": "--", "linewidth": 1.8},
    "expected -1 sigma": {"color": "#222222", "linestyle": ":", "linewidth": 1.2},
    "expected +1 sigma": {"color": "#222222", "linestyle": ":", "linewidth": 1.2},
}


def contours(record: ScanRecord) -> dict[str, list[Line]]:
    """Return the lines of CLs = 0.05 by name; none if the points span no plane."""
    if len(record.axes) != 2:
        return {}
    answered = [answer for answer in record.answers if answer.limits]
    found = {name: lines(plane(answered, record.axes, name), sigma_of(ALPHA)) for name in CURVES}
    return {name: curve for name, curve in found.items() if curve}


def draw(record: ScanRecord, folder: Path) -> list[Path]:
    """Write `scan.png` and `scan.pdf`; raise UsageError if matplotlib is not installed."""
    try:
        import matplotlib
        import mplhep
        from matplotlib.figure import Figure
    except ImportError as problem:
        raise UsageError(
            "Pictures need matplotlib and mplhep", why=str(problem), next_step="pip install 'recast-framework[plots]'"
        ) from problem
    answered = [answer for answer in record.answers if answer.limits]
    style: dict[Any, Any] = {
        key: value for key, value in mplhep.style.ATLAS.items() if not key.startswith(("font", "mathtext"))
    }
    settings: Any = {**style, "axes.autolimit_mode": "data", **_SIZES}
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(7.5, 5.6), layout="constrained")
        axes = figure.subplots()
        if len(record.axes) == 2 and (drawn := contours(record)):
            _plane(axes, answered, record, drawn)
        else:
            _band(axes, answered, record.axes[0] if record.axes else "")
        axes.set_title(f"{record.analysis}@{record.version}: reinterpretation with RECAST", loc="left", fontsize=11)
        paths = [folder / "scan.png", folder / "scan.pdf"]
        for path in paths:
            figure.savefig(path, dpi=150)
    return paths


def _plane(axes: Any, answered: Sequence[Answer], record: ScanRecord, drawn: dict[str, list[Line]]) -> None:
    for excluded, colour, label in ((True, "#2166ac", "excluded at 95% CL"), (False, "#bbbbbb", "not excluded")):
        placed = [
            {**answer.point, **best(answer)["point"]} for answer in answered if best(answer)["excluded"] == excluded
        ]
        x, y = ([point[axis] for point in placed if axis in point] for axis in record.axes)
        axes.scatter(x, y, s=16, color=colour, label=label, zorder=2)
    for name, curve in drawn.items():
        for number, line in enumerate(curve):
            axes.plot(*zip(*line, strict=True), label=name if number == 0 else None, zorder=3, **_STYLES[name])
    for number, line in enumerate(record.published):
        words = "published (observed)" if number == 0 else None
        axes.plot(*zip(*line, strict=True), color="#1b7837", linewidth=2.2, alpha=0.8, label=words, zorder=3)
    axes.margins(0.04)
    axes.autoscale_view()
    axes.set_xlabel(_title(record.axes[0]))
    axes.set_ylabel(_title(record.axes[1]))
    axes.legend(loc="best", frameon=True, framealpha=0.9)


def _band(axes: Any, answered: Sequence[Answer], axis: str) -> None:
    """Draw CLs against one parameter, or against the points' numbers if they have none."""
    rows = []
    for number, answer in enumerate(answered):
        limit = best(answer)
        where = {**answer.point, **limit["point"]}.get(axis)
        rows.append((float(where) if isinstance(where, (int, float)) else float(number), limit))
    rows.sort(key=lambda row: row[0])
    x = [row[0] for row in rows]
    if rows and all(limit["cls_exp"] for _, limit in rows):
        bands = list(zip(*(limit["cls_exp"] for _, limit in rows), strict=True))
        axes.fill_between(x, bands[0], bands[4], color="#ffdd33", label=r"expected $\pm 2\sigma$")
        axes.fill_between(x, bands[1], bands[3], color="#44bb44", label=r"expected $\pm 1\sigma$")
        axes.plot(x, bands[2], color="#222222", linestyle="--", label="expected")
    axes.plot(x, [limit["cls_obs"] for _, limit in rows], "ko-", markersize=4, label="observed")
    axes.axhline(ALPHA, color="#b2182b", linestyle=":")
    axes.set_yscale("log")
    axes.set_xlabel(_title(axis) if axis else "point")
    axes.set_ylabel(r"$\mathrm{CL_s}$")
    axes.legend(loc="best", frameon=True, framealpha=0.9)


def _title(axis: str) -> str:
    """Return a label with its unit: `m_chargino_gev` is m(chargino) [GeV]."""
    name, _, unit = axis.rpartition("_")
    units = {"gev": "GeV", "tev": "TeV", "fb": "fb", "pb": "pb", "mm": "mm", "ns": "ns"}
    if not name or unit not in units:
        return axis
    head, _, rest = name.partition("_")
    return f"{head}({rest.replace('_', ' ')}) [{units[unit]}]" if rest else f"{head} [{units[unit]}]"
