"""The plot of a scan: planes with exclusion contours, or limits along one axis with bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import wrap
from typing import Any

from recast.charts.contour import ALPHA, CURVES, Line, lines, sigma_of
from recast.counted import counted
from recast.errors import UsageError
from recast.json_types import JsonValue
from recast.results.numbers import convention_words
from recast.scans.answers import best, coordinates, plane
from recast.scans.axes import MOST_PANELS, Axes, Panel, choose_axes, is_number, panels
from recast.scans.bands import band
from recast.scans.declared import Declared
from recast.scans.record import Answer, ScanRecord
from recast.scans.style import BLUE, LINES, MARKS, NO_ANSWER, SIZES, plain, title

__all__ = ["Drawing", "contours", "draw", "drawing", "placed_failures"]

_A_ROW = 3
"""The most panels next to each other."""
_LONGEST = 400
_EXPECTED = ("cls_exp", "mu_ul_exp", "xsec_ul_exp_fb")


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn of a scan: panels, each with the contours that its points support, largest first.

    `axes` has no names if there is no plot, and says why. `left_out` is text about what is not in it. `failed` are the
    points without an answer; one whose own columns place it is marked.
    """

    axes: Axes
    panels: tuple[tuple[Panel, Mapping[str, list[Line]]], ...] = ()
    left_out: str = ""
    published: Sequence[Line] = field(default=())
    failed: tuple[Answer, ...] = ()


def drawing(record: ScanRecord, declared: Declared) -> Drawing:
    """Return what is to be drawn."""
    answered = [answer for answer in record.answers if answer.limits]
    axes = choose_axes(answered, record.asked_axes, declared)
    if not axes.names:
        return Drawing(axes)
    found = panels(answered, axes.names, declared)
    if not found:
        return Drawing(Axes(why=f"no point has numbers for {', '.join(axes.names)} that can be drawn"))
    shown = found[:MOST_PANELS]
    if max(len(panel.answers) for panel in shown) == 1 and len(found) > 1:
        held = found[0].held.partition(" = ")[0]
        why = f"every point is a slice of its own: {held} differs as well"
        return Drawing(Axes(why=why, next_step="--axes a,b names other axes"))
    missing = len({answer.key for answer in answered} - {answer.key for panel in shown for answer in panel.answers})
    why = "without numbers on these axes, of a less sensitive region at the same place, or in one slice too many"
    left_out = f"{missing} of {len(answered)} points are not in the plot: {why}" if missing else ""
    # The published contour belongs to the plane that the version declares, not to slices of it.
    own = axes.names == declared.axes and len(found) == 1
    drawn = tuple((panel, contours(panel, declared)) for panel in shown)
    return Drawing(axes, drawn, left_out, record.published if own else (), tuple(record.failed))


def contours(panel: Panel, declared: Declared) -> dict[str, list[Line]]:
    """Return the contours of CLs = 0.05 by name; none where the points do not support them."""
    if len(panel.axes) != 2:
        return {}
    step = declared.steps(panel.axes)
    found = {name: lines(plane(panel.answers, panel.axes, name), sigma_of(ALPHA), step) for name in CURVES}
    return {name: curve for name, curve in found.items() if curve}


def draw(what: Drawing, record: ScanRecord, declared: Declared, words: Sequence[str], folder: Path) -> list[Path]:
    """Write `scan.png` and `scan.pdf`, unless there is nothing to draw; raise UsageError if matplotlib is missing.

    `words` are lines below the plot.
    """
    paths = [folder / "scan.png", folder / "scan.pdf"]
    if not what.panels:
        for path in paths:
            path.unlink(missing_ok=True)
        return []
    try:
        import matplotlib
        import mplhep
        from matplotlib.figure import Figure
    except ImportError as problem:
        raise UsageError(
            "Plots need matplotlib and mplhep", why=str(problem), next_step="pip install 'recast-framework[plots]'"
        ) from problem
    style: dict[Any, JsonValue] = {
        key: value for key, value in mplhep.style.ATLAS.items() if not key.startswith(("font", "mathtext"))
    }
    small = {} if len(what.panels) == 1 else {"legend.fontsize": 7.5, "legend.columnspacing": 1.0}
    settings: Any = {**style, "axes.autolimit_mode": "data", **SIZES, **small}
    with matplotlib.rc_context(settings):
        columns = min(len(what.panels), _A_ROW)
        rows = -(-len(what.panels) // columns)
        figure = Figure(figsize=(7.5 if columns == 1 else 5.6 * columns, 5.9 * rows), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False).flat
        for axes, (panel, curves) in zip(grid, what.panels, strict=False):
            _panel(axes, panel, curves, what, declared)
        for axes in list(grid)[len(what.panels) :]:
            axes.set_visible(False)
        figure.suptitle(plain(f"{record.analysis}@{record.version}: reinterpretation with RECAST"), fontsize=12)
        below = [line for text in (*words, *_conventions(what)) for line in wrap(plain(text, _LONGEST), 100 * columns)]
        figure.supxlabel("\n".join(below), fontsize=8, color="#555555")
        for path in paths:
            figure.savefig(path, dpi=150)
    return paths


def _panel(axes: JsonValue, panel: Panel, curves: Mapping[str, list[Line]], what: Drawing, declared: Declared) -> None:
    if len(panel.axes) == 2:
        _plane(axes, panel, curves, what)
        axes.set_ylabel(title(panel.axes[1], declared.labels))
    else:
        band(axes, panel)
    axes.set_xlabel(title(panel.axes[0], declared.labels))
    if panel.held:
        axes.set_title(plain(panel.held), fontsize=10)


def _plane(axes: JsonValue, panel: Panel, curves: Mapping[str, list[Line]], what: Drawing) -> None:
    for verdict, (label, style) in MARKS.items():
        placed = [coordinates(answer) for answer in panel.answers if best(answer)["excluded"] is verdict]
        if placed:
            x, y = ([point[axis] for point in placed] for axis in panel.axes)
            axes.plot(x, y, linestyle="none", markersize=5, label=label, zorder=2, **style)
    if not panel.held and (failures := placed_failures(what.failed, panel.axes)):
        axes.plot(*zip(*failures, strict=True), linestyle="none", markersize=6, label="Point, no answer", **NO_ANSWER)
    for name, (label, style) in LINES.items():
        for number, line in enumerate(curves.get(name, ())):
            axes.plot(*zip(*line, strict=True), label=label if number == 0 and label else None, zorder=3, **style)
    for number, line in enumerate(what.published):
        words = "Observed (published)" if number == 0 else None
        axes.plot(*zip(*line, strict=True), color=BLUE, linewidth=2, label=words, zorder=3)
    if not curves and len(panel.answers) > 1:
        axes.plot([], [], " ", label="too few points for a line")
    _room(axes, panel)
    axes.legend(loc="upper left", ncols=2, frameon=False, title="95% CL")


def placed_failures(failed: Sequence[Answer], axes: Sequence[str]) -> list[tuple[float, float]]:
    """Return where the points without an answer lie, as far as their own columns say so."""
    placed = (answer.point for answer in failed if all(is_number(answer.point.get(axis)) for axis in axes))
    return [(float(point[axes[0]]), float(point[axes[1]])) for point in placed]


def _room(axes: JsonValue, panel: Panel) -> None:
    """Set the ranges: all points, a margin, and room for the legend above."""
    for index, set_range in ((0, axes.set_xlim), (1, axes.set_ylim)):
        values = [coordinates(answer)[panel.axes[index]] for answer in panel.answers]
        low, high = min(values), max(values)
        span = (high - low) or abs(high) or 1.0
        set_range(low - 0.05 * span, high + (0.05 if index == 0 else 0.45) * span)


def _conventions(what: Drawing) -> list[str]:
    """Return what expected values in the plot assume, and what is not in it."""
    limits = [best(answer) for panel, _ in what.panels for answer in panel.answers]
    said = dict.fromkeys(convention_words(limit) for limit in limits if any(limit.get(key) for key in _EXPECTED))
    without = [f"{what.left_out}."] if what.left_out else []
    return [*([f"Expected: {'; '.join(said)}."] if said else []), *without, *_no_answer(what.failed)]


def _no_answer(failed: Sequence[Answer]) -> list[str]:
    """Return how many points have no answer, and the reason of the first."""
    if not failed:
        return []
    more = " (the first of them)" if len(failed) > 1 else ""
    return [f"No answer for {counted(len(failed), 'point')}: {' '.join(failed[0].reason.split())}{more}"]
