"""The workflow of a version as its page shows it: a drawing with few boxes, and the same as a list.

The whole of it has less than 300 elements, whatever the workflow: a browser stays quick, and a reader oriented.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recast.graph.fold import Fold, folds_of
from recast.graph.layout import Picture, lay_out
from recast.graph.model import ROOT, Drawing, Edge, Group, Node
from recast.graph.svg import path_of_stroke
from recast.json_types import JsonDict, JsonObject
from recast.service.pages.shape import items_of, text, texts

__all__ = ["Box", "Flow", "shown_workflow"]

_MOST_BOXES, _MOST_ARROWS, _MOST_LISTED = 14, 60, 40
_MARGIN_PX = 2.0


@dataclass(frozen=True, slots=True)
class Box:
    """A box of the drawing: where it is (px), its lines, and the address within the page of what it stands for."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    leads: str
    folded: bool

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
class Flow:
    """A workflow: the drawing (`boxes`, and `arrows` as paths), and its stages; `more` are not listed.

    `fault` says why there is no drawing, although there should be one.
    """

    rows: tuple[JsonDict, ...] = ()
    more: int = 0
    boxes: tuple[Box, ...] = ()
    arrows: tuple[str, ...] = ()
    heads: tuple[bool, ...] = ()
    width: str = "0"
    height: str = "0"
    fault: str = ""
    total: int = 0

    @property
    def drawn(self) -> list[tuple[str, bool]]:
        """The arrows as paths, each with whether it has a head."""
        return list(zip(self.arrows, self.heads, strict=True))


def shown_workflow(found: JsonObject) -> Flow:
    """Return what a page shows of a workflow (`recast.graph.outline`)."""
    stages = [_stage(at, it) for at, it in enumerate(items_of(found.get("stages")))]
    left_out = found.get("more")
    more = left_out if isinstance(left_out, int) and left_out > 0 else 0
    if not stages:
        return Flow(fault=text(found.get("fault"), 400))
    names = [f"{it['stage']}" for it in stages]
    pictures = (_picture(stages, folds_of(names, [it["after"] for it in stages], most)) for most in (_MOST_BOXES, 8, 4))
    folds, picture = next((it for it in pictures if _arrows_of(it[1]) <= _MOST_ARROWS), (None, None))
    listed = stages[:_MOST_LISTED]
    told = Flow(tuple(listed), len(stages) - len(listed) + more, total=len(stages) + more)
    return told if folds is None or picture is None else _drawn(told, folds, picture)


def _stage(at: int, stage: JsonObject) -> JsonDict:
    inside = stage.get("inside")
    return {
        "id": f"stage-{at + 1}",
        "stage": text(stage.get("stage"), 100) or f"stage {at + 1}",
        "each": text(stage.get("each"), 100),
        "runs": text(stage.get("runs"), 200),
        "inside": inside if isinstance(inside, int) and inside > 0 else 0,
        "after": texts(stage.get("after"), 60, 100),
    }


def _picture(stages: Sequence[JsonDict], folds: Sequence[Fold]) -> tuple[list[Fold], Picture]:
    nodes = tuple(_node(at, [stages[it] for it in fold.members]) for at, fold in enumerate(folds))
    edges = tuple(Edge((str(one),), (str(at),)) for at, fold in enumerate(folds) for one in fold.after)
    return list(folds), lay_out(Drawing("", "", Group(ROOT, "", nodes), edges))


def _node(at: int, stages: Sequence[JsonDict]) -> Node:
    """Return the box of some stages; one that is folded says how many there are, and the first names."""
    first = stages[0]
    if len(stages) > 1:
        names = ", ".join(it["stage"] for it in stages[:2])
        return Node((str(at),), f"{len(stages)} stages", "step", 1, f"{names}, …")
    times = f"for each of {first['each']}" if first["each"] else ""
    inside = f"{first['inside']} stages inside" if first["inside"] else ""
    return Node((str(at),), first["stage"], "step", 1, "; ".join(filter(None, (times, inside))))


def _arrows_of(picture: Picture) -> int:
    return sum(len(wire.strokes) for wire in picture.wires)


def _drawn(told: Flow, folds: Sequence[Fold], picture: Picture) -> Flow:
    strokes = [stroke for wire in picture.wires for stroke in wire.strokes]
    boxes = []
    for box in picture.boxes:
        if not isinstance(box.item, Node):
            continue
        members = folds[int(box.item.key[0])].members
        leads = told.rows[members[0]]["id"] if members[0] < len(told.rows) else "workflow-list"
        place = (round(it, 1) for it in (box.x + _MARGIN_PX, box.y + _MARGIN_PX, box.width, box.height))
        boxes.append(Box(*place, (box.face.title, *box.face.lines), f"#{leads}", len(members) > 1))
    return Flow(
        told.rows,
        told.more,
        tuple(boxes),
        tuple(path_of_stroke(stroke) for stroke in strokes),
        tuple(stroke.arrow for stroke in strokes),
        f"{picture.width + 2 * _MARGIN_PX:.0f}",
        f"{picture.height + 2 * _MARGIN_PX:.0f}",
        total=told.total,
    )
