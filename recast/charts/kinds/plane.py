"""A plane of two coordinates: every point with its verdict, and the exclusion contours that the points carry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from recast.charts.contour import ALPHA, CURVES, Step, Triple, lines_by_name, lonely, sigma_of
from recast.charts.contour import Line as Contour
from recast.charts.model import Axis, Column, Figure, Line, Mark, Marks, Panel, Series, Table
from recast.charts.spots import Spot, five, kind_of, number, one_a_place
from recast.charts.words import axis_label, safe, unmarked
from recast.counted import counted

__all__ = ["MOST", "VERDICTS", "contours_of", "plane_of", "triples"]

_Pair: TypeAlias = tuple[float | None, float | None]

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


def triples(spots: Iterable[Spot], axes: Sequence[str], curve: str) -> list[Triple]:
    """Return (x, y, sigma of CLs) of the points at which a curve has a value; those without a verdict are left out."""
    return _triples(one_a_place(spots, axes))[curve]


def _triples(placed: Mapping[tuple[float, ...], Spot]) -> dict[str, list[Triple]]:
    found: dict[str, list[Triple]] = {name: [] for name in CURVES}
    for where, spot in placed.items():
        limit = spot.limit
        if limit is None or limit.get("undecided"):
            continue
        observed, expected = number(limit.get("cls_obs")), five(limit, "cls_exp")
        for name, index in CURVES.items():
            value = observed if index is None else expected[index] if expected else None
            if value is not None:
                found[name].append((where[0], where[1], sigma_of(value)))
    return found


def contours_of(spots: Iterable[Spot], axes: Sequence[str], step: Step = (None, None)) -> dict[str, list[Contour]]:
    """Return the contours of CLs = 0.05 by the names in `CURVES`; none where the points do not carry them.

    These are the contours of `recast scan`. Raises ImportError without matplotlib.
    """
    return _contours_of(_triples(one_a_place(spots, axes)), step)


def _contours_of(curves: Mapping[str, Sequence[Triple]], step: Step) -> dict[str, list[Contour]]:
    found = lines_by_name(curves, sigma_of(ALPHA), step)
    return {name: curve for name, curve in found.items() if curve}


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
    caption: str = "",
    notes: Sequence[str] = (),
) -> Figure:
    """Return the chart of points in the plane of two of their coordinates.

    `held` says what all of them have in common, `labels` are texts of axes by coordinate, such as `m(squark) [GeV]`,
    `step` is the largest distance of neighbours along each axis, `published` the published contour. `curves` are the
    contours (`contours_of`) if they are known already.
    """
    placed = one_a_place(spots, axes)
    x, y = (Axis(*axis_label(axis, labels)) for axis in axes)
    read = {where: _cls(spot) for where, spot in placed.items()}
    curves, why = _carried(placed, step, curves)
    drawn = _thinned(placed)
    told = [*notes, *_left_out(spots, placed), *_few_of(drawn, placed), *why]
    series = (*_marks(drawn, read), *_contours(curves, published))
    counts = Counter(map(kind_of, placed.values()))
    said = ", ".join(f"{counts[kind]} {words}" for kind, (words, _) in VERDICTS.items() if counts[kind])
    return Figure(
        title=title or f"Exclusion in the plane of {x.label} and {y.label}",
        panels=(Panel(x, y, series, title=held, words="" if curves else "too few points for a line"),),
        words=f"{counted(len(placed), 'point')} by {x.label} and {y.label}: {said or 'none'}. {_line_words(curves)}",
        caption=caption,
        notes=tuple(told),
        table=_table(placed, read, x, y),
    )


def _carried(
    placed: Mapping[tuple[float, ...], Spot], step: Step, curves: Mapping[str, Sequence[Contour]] | None
) -> tuple[Mapping[str, Sequence[Contour]], list[str]]:
    """Return the contours, and what is to be said of them."""
    try:
        known = _triples(placed)
        curves = _contours_of(known, step) if curves is None else curves
        alone = len(lonely(known["observed"], sigma_of(ALPHA), step)) if curves.get("observed") else 0
    except ImportError:
        return {}, [_MISSING]
    if not curves:
        return curves, [_TOO_FEW] if len(placed) > 1 else []
    if not curves.get("observed"):
        return curves, ["No observed line: its points do not carry one."]
    words = (
        "has too few neighbours with the same verdict" if alone == 1 else "have too few neighbours with their verdict"
    )
    return curves, [f"{counted(alone, 'point')} {words} to carry a line: shown as points only."] if alone else []


def _left_out(spots: Sequence[Spot], placed: Mapping[tuple[float, ...], Spot]) -> list[str]:
    more = len(spots) - len(placed)
    why = "without numbers on these axes, or at the place of another with better expected sensitivity"
    return [f"{counted(more, 'point')} of {len(spots)} not shown: {why}."] if more else []


def _thinned(placed: Mapping[tuple[float, ...], Spot]) -> Mapping[tuple[float, ...], Spot]:
    """Return at most `MOST` of the points, at equal distances in their order."""
    every = -(-len(placed) // MOST)
    return placed if every <= 1 else dict(list(placed.items())[::every])


def _few_of(drawn: Mapping[tuple[float, ...], Spot], placed: Mapping[tuple[float, ...], Spot]) -> list[str]:
    few, all_ = len(drawn), counted(len(placed), "point")
    return [f"{few} of {all_} are drawn; lines and table are those of all."] if few < len(placed) else []


def _line_words(curves: Mapping[str, Sequence[Contour]]) -> str:
    names = [name for name in ("observed", "expected") if curves.get(name)]
    return f"The {' and the '.join(names)} line of exclusion at 95% CL is drawn." if names else "No line is drawn."


def _marks(placed: Mapping[tuple[float, ...], Spot], read: Mapping[tuple[float, ...], _Pair]) -> list[Series]:
    found = dict[str, list[Mark]]()
    for (x, y), spot in placed.items():
        kind = kind_of(spot)
        words = ". ".join(it for it in (safe(spot.words), VERDICTS[kind][0], safe(spot.reason)) if it)
        found.setdefault(kind, []).append(Mark(x, y, values=read[x, y], words=words, href=spot.href))
    names = ("CL_{s} observed", "CL_{s} expected")
    return [Marks(kind, tuple(found[kind]), VERDICTS[kind][1], names) for kind in VERDICTS if kind in found]


def _cls(spot: Spot) -> _Pair:
    limit = spot.limit or {}
    expected = five(limit, "cls_exp")
    return number(limit.get("cls_obs")), expected[2] if expected else None


def _contours(curves: Mapping[str, Sequence[Contour]], published: Sequence[Contour]) -> list[Series]:
    found = list[Series]()
    for name, (kind, label) in _LINES.items():
        for number_of, points in enumerate(curves.get(name, ())):
            whose = " (RECAST)" if published and label and kind == "contour" else ""
            found.append(Line(kind, tuple(points), label + whose if number_of == 0 else ""))
    for number_of, points in enumerate(published):
        found.append(Line("published", tuple(points), "Observed (published)" if number_of == 0 else ""))
    return found


def _table(
    placed: Mapping[tuple[float, ...], Spot], read: Mapping[tuple[float, ...], _Pair], x: Axis, y: Axis
) -> Table:
    columns = (
        Column(unmarked(x.label), x.unit), Column(unmarked(y.label), y.unit),
        Column("CLs observed"), Column("CLs expected"), Column("verdict"), Column("point"),
    )  # fmt: skip
    rows = tuple(
        (
            *where,
            *read[where],
            ". ".join(filter(None, (VERDICTS[kind_of(spot)][0], safe(spot.reason)))),
            safe(spot.words),
        )
        for where, spot in placed.items()
    )
    return Table(columns, rows)
