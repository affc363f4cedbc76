"""A plane of two coordinates: every point with its verdict, and the exclusion contours that the points carry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from recast.charts.contour import Line as Contour
from recast.charts.contour import Step, lonely
from recast.charts.kinds.placed import LEVEL, Placed, carried, placed_spots, triples_by_name
from recast.charts.model import Axis, Column, Figure, Line, Mark, Marks, Panel, Series, Table
from recast.charts.spots import Spot
from recast.charts.words import axis_label, safe, unmarked
from recast.counted import counted

__all__ = ["MOST", "VERDICTS", "plane_of"]

VERDICTS: Mapping[str, tuple[str, str]] = {
    "excluded": ("excluded", "Point, excluded"),
    "allowed": ("not excluded", "Point, not excluded"),
    "undecided": ("no verdict", "Point, no verdict"),
    "failed": ("no answer", "Point, no answer"),
    "open": ("not answered yet", "Point, not answered yet"),
}
"""Kind of a point -> what is said of it, and its text in the legend."""

MOST = 1500
"""The most points that are drawn one by one."""

_LINES = {
    "expected -1 sigma": ("expected-1", ""),
    "expected +1 sigma": ("expected-1", "Expected ±1 σ"),
    "expected": ("expected", "Expected"),
    "observed": ("contour", "Observed"),
}
_MISSING = "No line: drawing one needs matplotlib (pip install 'recast-framework[plots]')."
_TOO_FEW = (
    "No line of exclusion: it needs several neighbouring points on either side, no further apart than the step of "
    "the grid."
)


def plane_of(
    spots: Sequence[Spot],
    axes: tuple[str, str],
    *,
    title: str = "",
    held: str = "",
    labels: Mapping[str, str] = {},
    step: Step = (None, None),
    published: Sequence[Contour] = (),
    curves: Mapping[str, Sequence[Contour]] | None = None,
    with_lines: bool = True,
    caption: str = "",
    notes: Sequence[str] = (),
) -> Figure:
    """Return the chart of points in the plane of two of their coordinates.

    `held` says what all of them have in common, `labels` are texts of axes by coordinate, such as `m(squark) [GeV]`,
    `step` is the largest distance of neighbours along each axis, `published` the published contour. `curves` are the
    contours (`contours_of`) if they are known already; `with_lines` is False for a plane that is to have none.
    """
    placed = placed_spots(spots, axes)
    x, y = (Axis(*axis_label(axis, labels)) for axis in axes)
    curves, why = _carried(placed, step, curves) if with_lines else ({}, [])
    drawn = placed[:: max(1, -(-len(placed) // MOST))]
    told = [*notes, *_left_out(spots, placed), *_few_of(drawn, placed), *why]
    counts = Counter(it.kind for it in placed)
    said = ", ".join(f"{counts[kind]} {words}" for kind, (words, _) in VERDICTS.items() if counts[kind])
    series = (*_marks(drawn), *_contours(curves, published))
    return Figure(
        title=title or f"Exclusion in the plane of {x.label} and {y.label}",
        panels=(Panel(x, y, series, title=held, words="too few points for a line" if _TOO_FEW in why else ""),),
        words=f"{counted(len(placed), 'point')} by {x.label} and {y.label}: {said or 'none'}. {_line_words(curves)}",
        caption=caption,
        notes=tuple(told),
        table=_table(placed, x, y),
    )


def _carried(
    placed: Sequence[Placed], step: Step, curves: Mapping[str, Sequence[Contour]] | None
) -> tuple[Mapping[str, Sequence[Contour]], list[str]]:
    """Return the contours, and what is to be said of them."""
    try:
        known = triples_by_name(placed)
        curves = carried(known, step) if curves is None else curves
        alone = len(lonely(known["observed"], LEVEL, step)) if curves.get("observed") else 0
    except ImportError:
        return {}, [_MISSING]
    if not curves:
        return curves, [_TOO_FEW] if len(placed) > 1 else []
    if not curves.get("observed"):
        return curves, ["No observed line: its points do not carry one."]
    who = "has too few neighbours with the same verdict" if alone == 1 else "have too few neighbours with their verdict"
    return curves, [f"{counted(alone, 'point')} {who} to carry a line: shown as points only."] if alone else []


def _left_out(spots: Sequence[Spot], placed: Sequence[Placed]) -> list[str]:
    more = len(spots) - len(placed)
    why = "without numbers on these axes, or at the place of another with better expected sensitivity"
    return [f"{counted(more, 'point')} of {len(spots)} not shown: {why}."] if more else []


def _few_of(drawn: Sequence[Placed], placed: Sequence[Placed]) -> list[str]:
    few, all_ = len(drawn), counted(len(placed), "point")
    return [f"{few} of {all_} are drawn; lines and table are those of all."] if few < len(placed) else []


def _line_words(curves: Mapping[str, Sequence[Contour]]) -> str:
    names = [name for name in ("observed", "expected") if curves.get(name)]
    return f"The {' and the '.join(names)} line of exclusion at 95% CL is drawn." if names else "No line is drawn."


def _marks(placed: Sequence[Placed]) -> list[Series]:
    found = dict[str, list[Mark]]()
    for it in placed:
        words = ". ".join(text for text in (safe(it.spot.words), safe(it.spot.reason)) if text)
        found.setdefault(it.kind, []).append(Mark(it.x, it.y, values=it.values, words=words, href=it.spot.href))
    names = ("CL_{s} observed", "CL_{s} expected")
    return [Marks(kind, tuple(found[kind]), VERDICTS[kind][1], names) for kind in VERDICTS if kind in found]


def _contours(curves: Mapping[str, Sequence[Contour]], published: Sequence[Contour]) -> list[Series]:
    found = list[Series]()
    for name, (kind, label) in _LINES.items():
        for number_of, points in enumerate(curves.get(name, ())):
            whose = " (RECAST)" if published and label and kind == "contour" else ""
            found.append(Line(kind, tuple(points), label + whose if number_of == 0 else ""))
    for number_of, points in enumerate(published):
        found.append(Line("published", tuple(points), "Observed (published)" if number_of == 0 else ""))
    return found


def _table(placed: Sequence[Placed], x: Axis, y: Axis) -> Table:
    columns = (
        Column(unmarked(x.label), x.unit), Column(unmarked(y.label), y.unit),
        Column("CLs observed"), Column("CLs expected"), Column("verdict"), Column("point"),
    )  # fmt: skip
    rows = tuple((it.x, it.y, *it.values, _verdict(it), safe(it.spot.words)) for it in placed)
    return Table(columns, rows)


def _verdict(it: Placed) -> str:
    words = VERDICTS[it.kind][0]
    return f"{words}. {safe(it.spot.reason)}" if it.spot.reason else words
