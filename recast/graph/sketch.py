"""Builds a drawing: boxes are found or created by key, counted, and frozen at the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from recast.errors import UsageError
from recast.graph.model import ROOT, Drawing, Edge, Group, Key, Kind, Node

__all__ = ["MOST_BOXES", "Place", "Sketch"]

MOST_BOXES = 3000
"""A drawing with more boxes is unreadable, and its layout takes long."""


@dataclass(eq=False, slots=True)
class Place:
    """A node or group in the making. The members of a group stand in slots, one a stage, in the order of the file."""

    key: Key
    title: str
    kind: Kind = "open"
    count: int = 0
    detail: str = ""
    states: Counter[str] = field(default_factory=Counter)
    open: int = 0
    each: str = ""
    note: str = ""
    waits_for: dict[str, None] = field(default_factory=dict)
    slots: dict[str, list[Place]] | None = None


class Sketch:
    """The boxes and arrows so far. Keys of groups end with a slash, see `recast.graph.model.Key`."""

    def __init__(self) -> None:
        self.places: dict[Key, Place] = {ROOT: Place(ROOT, "", slots={})}
        self.edges: Counter[tuple[Key, Key]] = Counter()
        self.written: dict[tuple[Key, Key], None] = {}

    def slot(self, group: Key, stage: str) -> list[Place]:
        """Return the boxes of one stage of a group; the first question fixes the stage's place among the others."""
        slots = self.places[group].slots
        assert slots is not None, f"{group} is not a group"
        return slots.setdefault(stage, [])

    def node(self, group: Key, stage: str, name: str) -> Place:
        """Find or make the box `name` of a stage."""
        return self._box((*group, name), stage, name, slots=None)

    def group(self, group: Key, stage: str, name: str) -> Place:
        """Find or make the group `name` of a stage with a sub-workflow."""
        return self._box((*group, name + "/"), stage, name, slots={})

    def freeze(self, title: str, subtitle: str) -> Drawing:
        """Return the drawing. What is written is left out where it is known; nothing points to what is not there."""
        known = [Edge(*pair, count) for pair, count in self.edges.items()]
        written = [Edge(*pair, known=False) for pair in self.written if pair not in self.edges]
        return Drawing(title, subtitle, self._frozen_group(self.places[ROOT]), (*known, *written))

    def _box(self, key: Key, stage: str, title: str, slots: dict[str, list[Place]] | None) -> Place:
        place = self.places.get(key)
        if place is None:
            if len(self.places) > MOST_BOXES:
                raise UsageError(
                    f"The picture would have more than {MOST_BOXES} boxes",
                    code="graph.too-large",
                    why="Nobody could read it.",
                    next_step="leave out --steps, or expand fewer stages; -o json holds every step",
                )
            place = self.places[key] = Place(key, title, slots=slots)
            self.slot(key[:-1], stage).append(place)
        return place

    def _frozen_group(self, place: Place) -> Group:
        members = [member for slot in (place.slots or {}).values() for member in slot]
        frozen = tuple(self._frozen_node(m) if m.slots is None else self._frozen_group(m) for m in members)
        return Group(
            key=place.key,
            title=place.title,
            members=frozen,
            count=place.count,
            open=place.open,
            each=place.each,
            note=place.note,
            waits_for=tuple(place.waits_for),
        )

    def _frozen_node(self, place: Place) -> Node:
        return Node(
            key=place.key,
            title=place.title,
            kind=place.kind,
            count=place.count,
            detail=place.detail,
            states=dict(place.states),
            open=place.open,
            each=place.each,
            note=place.note,
            waits_for=tuple(place.waits_for),
        )
