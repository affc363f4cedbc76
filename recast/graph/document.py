"""A drawing as JSON: the stages and the arrows between them, with counts."""

from __future__ import annotations

from recast.graph.model import Drawing, Group, Node
from recast.graph.words import path_of
from recast.json_types import JsonDict

__all__ = ["document"]


def document(drawing: Drawing) -> JsonDict:
    """Return `{"stages": [...], "edges": [{"from", "to", "count", "known"}]}`; stages are paths such as `/map/fit`."""
    edges = [
        {"from": path_of(edge.source), "to": path_of(edge.target), "count": edge.count, "known": edge.known}
        for edge in drawing.edges
    ]
    stages = []
    stack = list(reversed(drawing.root.members))
    while stack:
        item = stack.pop()
        stages.append(_stage(item))
        if isinstance(item, Group):
            stack.extend(reversed(item.members))
    return {"stages": stages, "edges": edges}


def _stage(item: Node | Group) -> JsonDict:
    counted = "scopes" if isinstance(item, Group) else "steps"
    states = {"states": dict(item.states)} if isinstance(item, Node) and item.states else {}
    return {
        "stage": path_of(item.key),
        counted: item.count,
        "open": item.open,
        "waits_for": list(item.waits_for),
        "note": item.note,
        **states,
    }
