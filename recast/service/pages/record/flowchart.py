"""The drawing of a workflow for its page: few boxes and arrows with places. Imported when a page draws one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recast.graph.fold import Fold, folds_of
from recast.graph.layout import Picture, lay_out
from recast.graph.model import ROOT, Drawing, Edge, Group, Node
from recast.graph.svg import path_of_stroke
from recast.json_types import JsonDict

__all__ = ["Box", "Chart", "chart_of"]

_FEWER = (14, 8, 4)
_MOST_ARROWS = 60
_MARGIN_PX = 2.0


@dataclass(frozen=True, slots=True)
class Box:
    """A box: where it is (px), its lines, and the stages that it stands for, by their places."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    members: tuple[int, ...]

    @property
    def middle(self) -> float:
        """Where its lines have their middle."""
        return round(self.x + self.width / 2, 1)

    @property
    def first_line(self) -> float:
        """Where its title stands."""
        return round(self.y + 23, 1)

    @property
    def second_line(self) -> float:
        """Where the line below stands."""
        return round(self.y + 39, 1)


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing: its size (px), its boxes, and its arrows as paths, each with whether it has a head."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[tuple[str, bool], ...]


def chart_of(
    stages: Sequence[JsonDict],
    limits: Sequence[int] = _FEWER,
    most_arrows: int = _MOST_ARROWS,
    *,
    sized_for: str = "",
) -> Chart | None:
    """Return the drawing of stages (`stage`, `each`, `inside`, `after`); None if it would have too many arrows.

    It has as many boxes as the first of `limits` with which it has not. `sized_for` is a text that each box has room
    for below its title.
    """
    names, after = [it["stage"] for it in stages], [it["after"] for it in stages]
    for most in limits:
        folds = folds_of(names, after, most)
        picture = _picture(stages, folds, sized_for)
        if sum(len(wire.strokes) for wire in picture.wires) <= most_arrows:
            return _chart(picture, folds)
    return None


def _picture(stages: Sequence[JsonDict], folds: Sequence[Fold], sized_for: str) -> Picture:
    nodes = tuple(_node(at, [stages[it] for it in fold.members], sized_for) for at, fold in enumerate(folds))
    edges = tuple(Edge((str(one),), (str(at),)) for at, fold in enumerate(folds) for one in fold.after)
    return lay_out(Drawing("", "", Group(ROOT, "", nodes), edges))


def _node(at: int, stages: Sequence[JsonDict], sized_for: str) -> Node:
    """Return the box of some stages; one that is folded says how many there are, and the first names."""
    first = stages[0]
    if sized_for:
        return Node((str(at),), first["stage"] if len(stages) == 1 else f"{len(stages)} stages", "step", 1, sized_for)
    if len(stages) > 1:
        names = ", ".join(it["stage"] for it in stages[:2])
        return Node((str(at),), f"{len(stages)} stages", "step", 1, f"{names}{', …' * (len(stages) > 2)}")
    times = f"for each of {first['each']}" if first["each"] else ""
    inside = f"{first['inside']} stages inside" if first["inside"] else ""
    return Node((str(at),), first["stage"], "step", 1, "; ".join(filter(None, (times, inside))))


def _chart(picture: Picture, folds: Sequence[Fold]) -> Chart:
    boxes = tuple(
        Box(
            x=round(it.x + _MARGIN_PX, 1),
            y=round(it.y + _MARGIN_PX, 1),
            width=round(it.width, 1),
            height=round(it.height, 1),
            lines=(it.face.title, *it.face.lines),
            members=folds[int(it.item.key[0])].members,
        )
        for it in picture.boxes
        if isinstance(it.item, Node)
    )
    arrows = tuple((path_of_stroke(it), it.arrow) for wire in picture.wires for it in wire.strokes)
    return Chart(round(picture.width + 2 * _MARGIN_PX), round(picture.height + 2 * _MARGIN_PX), boxes, arrows)
