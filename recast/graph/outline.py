"""A workflow in few words: its stages as they are written, each with what comes before it; sub-workflows are folded."""

from __future__ import annotations

from recast.graph.model import Drawing, Group, Key, Node
from recast.graph.text import shorten
from recast.json_types import JsonDict

__all__ = ["outline"]

_LONGEST_NAME, _LONGEST_DETAIL, _MOST_BEFORE = 100, 200, 60


def outline(drawing: Drawing, most: int = 200) -> JsonDict:
    """Return `{"stages": [{"stage", "each", "runs", "inside", "after"}], "more"}` of a drawing.

    `after` are the names of stages that it waits for, `each` what it is scattered over, `runs` its image, and `inside`
    the stages of its sub-workflow. Of the first `most` stages alone, in the order of the file.
    """
    shown = drawing.root.members[:most]
    names = {item.key: _name(item) for item in shown}
    before: dict[Key, dict[str, None]] = {}
    for edge in drawing.edges:
        source, target = (*edge.source[:1],), (*edge.target[:1],)
        if source != target and source in names:
            before.setdefault(target, {})[names[source]] = None
    stages = [_stage(item, list(before.get(item.key, ()))[:_MOST_BEFORE]) for item in shown]
    return {"stages": stages, "more": len(drawing.root.members) - len(shown)}


def _name(item: Node | Group) -> str:
    return shorten(item.title, _LONGEST_NAME)


def _stage(item: Node | Group, after: list[str]) -> JsonDict:
    inside = sum(node.kind != "init" for node in item.nodes()) if isinstance(item, Group) else 0
    return {
        "stage": _name(item),
        "each": shorten(item.each, _LONGEST_DETAIL),
        "runs": shorten(item.detail, _LONGEST_DETAIL) if isinstance(item, Node) else "",
        "inside": inside,
        "after": after,
    }
