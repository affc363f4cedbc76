"""Nested boxes: each group is laid out by itself, the inner ones first, and is then one item of the group around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from recast.graph.faces import NodeLabel, face_of
from recast.graph.layout.level import Item, Level, Wire
from recast.graph.layout.route import Known, Placed, Stroke, place_level
from recast.graph.model import Drawing, Group, Key, Node

__all__ = ["Picture", "PlacedBox", "PlacedWire", "lay_out"]


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """A box where it stands: px from the picture's upper left corner; groups come before what they hold."""

    item: Node | Group
    face: NodeLabel
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PlacedWire:
    """The arrows of one source within one group. `ends` are the boxes that they reach."""

    source: Key
    ends: tuple[Key, ...]
    strokes: tuple[Stroke, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing with places."""

    width: float
    height: float
    boxes: tuple[PlacedBox, ...]
    wires: tuple[PlacedWire, ...]


@dataclass(slots=True)
class _Thread:
    """A wire in the making: the child that it starts at (None: from outside), and its ends with what is known."""

    start: Key | None
    ends: dict[Key, bool] = field(default_factory=dict)
    leaves: bool = False
    leaves_known: bool = False


_Threads = dict[Key, dict[Key, _Thread]]
"""By group, then by source."""


def lay_out(drawing: Drawing) -> Picture:
    """Return the picture of a drawing."""
    threads = _threads(drawing)
    placed: dict[Key, Placed] = {}
    groups = list(_groups(drawing.root))
    for group in reversed(groups):
        placed[group.key] = _place(group, threads.get(group.key, {}), placed)
    corners: dict[Key, tuple[float, float]] = {drawing.root.key: (0.0, 0.0)}
    boxes, wires = [], []
    for group in groups:
        left, top = corners[group.key]
        here = placed[group.key]
        if group is not drawing.root:
            boxes.append(PlacedBox(group, face_of(group), left, top, here.width, here.height))
        for member, (x, y) in zip(group.members, here.corners, strict=True):
            corners[member.key] = (left + x, top + y)
            if isinstance(member, Node):
                face = face_of(member)
                boxes.append(PlacedBox(member, face, left + x, top + y, face.width, face.height))
        for number, (source, thread) in enumerate(threads.get(group.key, {}).items()):
            strokes = tuple(stroke.moved(left, top) for stroke in here.strokes[number])
            wires.append(PlacedWire(source, tuple(thread.ends), strokes))
    whole = placed[drawing.root.key]
    return Picture(whole.width, whole.height, tuple(boxes), tuple(wires))


def _groups(root: Group) -> Iterator[Group]:
    stack = [root]
    while stack:
        group = stack.pop()
        yield group
        stack.extend(member for member in reversed(group.members) if isinstance(member, Group))


def _threads(drawing: Drawing) -> _Threads:
    """Cut each arrow at the borders of the groups that it crosses."""
    threads: _Threads = {}
    for edge in drawing.edges:
        source, target = edge.source, edge.target
        common = _common(source, target)
        for depth in range(len(source) - 1, common, -1):
            thread = _thread(threads, source[:depth], source, source[: depth + 1])
            thread.leaves = True
            thread.leaves_known |= edge.known
        thread = _thread(threads, source[:common], source, source[: common + 1])
        thread.ends[target[: common + 1]] = edge.known or thread.ends.get(target[: common + 1], False)
        for depth in range(common + 1, len(target)):
            thread = _thread(threads, target[:depth], source, None)
            thread.ends[target[: depth + 1]] = edge.known or thread.ends.get(target[: depth + 1], False)
    return threads


def _common(source: Key, target: Key) -> int:
    """Return the depth of the innermost group that holds both."""
    most = min(len(source), len(target)) - 1
    return next((depth for depth in range(most) if source[depth] != target[depth]), most)


def _thread(threads: _Threads, group: Key, source: Key, start: Key | None) -> _Thread:
    return threads.setdefault(group, {}).setdefault(source, _Thread(start))


def _place(group: Group, threads: dict[Key, _Thread], placed: dict[Key, Placed]) -> Placed:
    number_of = {member.key: number for number, member in enumerate(group.members)}
    items = [_item(member, threads, placed) for member in group.members]
    wires = [
        Wire(
            None if thread.start is None else number_of[thread.start],
            tuple(number_of[end] for end in thread.ends),
            thread.leaves,
        )
        for thread in threads.values()
    ]
    known = [
        Known(frozenset(number_of[end] for end, known in thread.ends.items() if known), thread.leaves_known)
        for thread in threads.values()
    ]
    face = face_of(group) if group.key else None
    level = Level(items, wires, face.width if face else 0.0)
    return place_level(level, list(threads), known, face.height if face else 0.0)


def _item(member: Node | Group, threads: dict[Key, _Thread], placed: dict[Key, Placed]) -> Item:
    if isinstance(member, Node):
        face = face_of(member)
        return Item(face.width, face.height)
    inner = placed[member.key]
    numbers = {source: number for number, source in enumerate(threads)}
    middle = inner.width / 2
    return Item(
        inner.width,
        inner.height,
        {numbers[source]: x - middle for source, x in inner.leaving.items()},
        {numbers[source]: x - middle for source, x in inner.entering.items()},
    )
