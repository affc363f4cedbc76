"""A drawing in words, for those who do not see it, and for tooltips."""

from __future__ import annotations

from recast.counted import counted
from recast.graph.faces import counts
from recast.graph.model import Drawing, Group, Key, Node
from recast.graph.text import printable

__all__ = ["describe", "path_of", "sentence"]

MOST_SENTENCES = 100


def describe(drawing: Drawing) -> str:
    """Return what the drawing shows: a sentence a box, and where its arrows come from."""
    before: dict[Key, list[Key]] = {}
    for edge in drawing.edges:
        before.setdefault(edge.target, []).append(edge.source)
    nodes = list(drawing.root.nodes())
    told = []
    for node in nodes[:MOST_SENTENCES]:
        sources = ", ".join(path_of(key) for key in before.get(node.key, ()))
        told.append(sentence(node) + (f", after {sources}" if sources else "") + ".")
    if len(nodes) > MOST_SENTENCES:
        told.append(f"And {len(nodes) - MOST_SENTENCES} more boxes.")
    return " ".join([f"{printable(drawing.subtitle)}." if drawing.subtitle else "", *told]).strip()


def sentence(item: Node | Group) -> str:
    """Return what a box says: its path, how many it stands for, in which state, what it waits for."""
    parts = [path_of(item.key)]
    what = "step" if isinstance(item, Node) else "sub-workflow"
    if item.count:
        parts.append(counted(item.count, what))
    elif item.each:
        parts.append(f"one {what} for each {printable(item.each)}")
    if isinstance(item, Node):
        parts += [printable(item.detail)] * bool(item.detail)
        parts += [" · ".join(counts(item))] * bool(item.states)
    parts += [printable(item.note)] * bool(item.note)
    if item.open:
        parts.append("not expanded" if not item.count else f"not expanded in {item.open:,} more scopes")
        parts += [f"waits for {', '.join(map(printable, item.waits_for))}"] * bool(item.waits_for)
    return ": ".join([parts[0], ", ".join(parts[1:])]) if parts[1:] else parts[0]


def path_of(key: Key) -> str:
    """Return the names of a box from the root, such as `/map/fit`."""
    return printable("/" + "".join(key).rstrip("/"))
