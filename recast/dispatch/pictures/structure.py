"""Which stages a run has, and which come before which: one box for each, however many steps."""

from __future__ import annotations

from recast.engine import Engine
from recast.graph import Drawing, Group, known_drawing
from recast.graph.model import Key
from recast.json_types import JsonDict

__all__ = ["structure_of"]

_MOST_BEFORE, _MOST_WAITED = 40, 5


def structure_of(engine: Engine) -> list[JsonDict]:
    """Return the stages that run something, in the order of the workflow.

    Each is `stage` (a path such as `map/fit`), `after` (the stages before it), `open` (in how many scopes it has no
    steps yet) and `waits_for` (the stages that it waits for there).
    """
    drawing = known_drawing(engine, "")
    before = _before(drawing)
    return [
        {
            "stage": _name(node.key),
            "after": [name for name in before.get(node.key, {}) if name][:_MOST_BEFORE],
            "open": node.open,
            "waits_for": [it.strip("/") for it in node.waits_for[:_MOST_WAITED]],
        }
        for node in drawing.root.nodes()
        if node.kind != "init"
    ]


def _before(drawing: Drawing) -> dict[Key, dict[str, None]]:
    """Return the names of the stages before each one; an arrow to or from a group is one to or from all in it."""
    inside: dict[Key, list[Key]] = {}
    inits = set()
    stack: list[Group] = [drawing.root]
    while stack:
        group = stack.pop()
        inside[group.key] = [node.key for node in group.nodes() if node.kind != "init"]
        inits |= {node.key for node in group.nodes() if node.kind == "init"}
        stack += [it for it in group.members if isinstance(it, Group)]
    before: dict[Key, dict[str, None]] = {}
    for edge in drawing.edges:
        if edge.source in inits:
            continue
        for target in inside.get(edge.target, [edge.target]):
            found = before.setdefault(target, {})
            found |= {_name(source): None for source in inside.get(edge.source, [edge.source]) if source != target}
    return before


def _name(key: Key) -> str:
    return "".join(key).rstrip("/")
