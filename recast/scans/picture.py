"""The plot of a scan: planes with exclusion contours, or limits along one axis with bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from recast.atomic import replace_file
from recast.charts import Figure, Spot, beside, contours_of, limits_of, plane_of, standalone
from recast.charts.contour import Line
from recast.charts.raster import pictures
from recast.counted import counted
from recast.errors import UsageError
from recast.results.numbers import convention_words
from recast.scans.answers import best, spots_of
from recast.scans.axes import MOST_PANELS, Axes, Panel, choose_axes, is_number, panels
from recast.scans.declared import Declared
from recast.scans.record import Answer, ScanRecord

__all__ = ["PICTURES", "Drawing", "contours", "draw", "drawing", "figure_of", "placed_failures"]

PICTURES = ("scan.png", "scan.pdf", "scan.svg")
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
    try:
        return contours_of(spots_of(panel.answers), panel.axes, declared.steps(panel.axes))
    except ImportError:
        return {}  # the chart says so, and `draw` refuses


def draw(what: Drawing, record: ScanRecord, declared: Declared, words: Sequence[str], folder: Path) -> list[Path]:
    """Write `scan.png`, `scan.pdf` and `scan.svg`, unless there is nothing to draw; raise UsageError if matplotlib is
    missing.

    `words` are lines below the plot.
    """
    paths = [folder / name for name in PICTURES]
    if not what.panels:
        for path in paths:
            path.unlink(missing_ok=True)
        return []
    figure = figure_of(what, record, declared, words)
    try:
        contents = [*pictures(figure, ("png", "pdf")), standalone(figure).encode()]
    except ImportError as problem:
        raise UsageError(
            "Plots need matplotlib", why=str(problem), next_step="pip install 'recast-framework[plots]'"
        ) from problem
    for path, content in zip(paths, contents, strict=True):
        replace_file(path, content)
    return paths


def figure_of(what: Drawing, record: ScanRecord, declared: Declared, words: Sequence[str]) -> Figure:
    """Return the chart of a scan; `words` are lines below it."""
    title = f"{record.analysis}@{record.version}: reinterpretation with RECAST"
    figures = [_figure(panel, curves, what, declared) for panel, curves in what.panels]
    return beside(title, figures, notes=(*words, *_conventions(what)))


def _figure(panel: Panel, curves: Mapping[str, list[Line]], what: Drawing, declared: Declared) -> Figure:
    spots = spots_of(panel.answers)
    if len(panel.axes) != 2:
        return limits_of(spots, panel.axes[0], held=panel.held, labels=declared.labels)
    if not panel.held:
        failures = placed_failures(what.failed, panel.axes)
        spots += [Spot(dict(zip(panel.axes, place, strict=True)), reason="no answer") for place in failures]
    return plane_of(
        spots,
        (panel.axes[0], panel.axes[1]),
        held=panel.held,
        labels=declared.labels,
        step=declared.steps(panel.axes),
        published=what.published,
        curves=curves or None,
    )


def placed_failures(failed: Sequence[Answer], axes: Sequence[str]) -> list[tuple[float, float]]:
    """Return where the points without an answer lie, as far as their own columns say so."""
    placed = (answer.point for answer in failed if all(is_number(answer.point.get(axis)) for axis in axes))
    return [(float(point[axes[0]]), float(point[axes[1]])) for point in placed]


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
