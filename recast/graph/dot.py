"""A drawing as DOT, for Graphviz. Names are quoted text; identifiers are generated numbers."""

from __future__ import annotations

from collections.abc import Iterator

from recast.graph.faces import face_of
from recast.graph.model import Drawing, Group, Key, Node
from recast.graph.style import COLOURS, FILLS
from recast.graph.text import printable
from recast.graph.words import sentence

__all__ = ["dot"]


def dot(drawing: Drawing) -> str:
    """Return the drawing as a DOT document."""
    names = {node.key: f"n{number}" for number, node in enumerate(drawing.root.nodes())}
    clusters = {key: f"cluster_{number}" for number, key in enumerate(_group_keys(drawing.root))}
    return "\n".join(
        [
            "digraph recast {",
            f"  graph [label={_quoted(drawing.title)}, labelloc=t, compound=true, fontname=Helvetica, newrank=true];",
            '  node [shape=box, style="rounded,filled", fontname=Helvetica, fontsize=12];',
            '  edge [fontname=Helvetica, fontsize=10, color="#6e7781"];',
            *_boxes(drawing.root, names | clusters),
            *_edges(drawing, names, clusters),
            "}",
            "",
        ]
    )


def _boxes(root: Group, names: dict[Key, str]) -> Iterator[str]:
    """Yield the lines of all boxes; `None` on the stack closes a group."""
    stack: list[Node | Group | None] = list(reversed(root.members))
    depth = 1
    while stack:
        item = stack.pop()
        pad = "  " * (depth if item is not None else depth - 1)
        if item is None:
            depth -= 1
            yield f"{pad}}}"
        elif isinstance(item, Node):
            yield f"{pad}{names[item.key]} [{_look(item)}];"
        else:
            yield f"{pad}subgraph {names[item.key]} {{ {_group_look(item)}"
            depth += 1
            stack.extend([None, *reversed(item.members)])


def _edges(drawing: Drawing, names: dict[Key, str], clusters: dict[Key, str]) -> Iterator[str]:
    """Yield one line per arrow; one that starts or ends at a group is cut at its border."""
    inside = {key: [name for other, name in names.items() if other[: len(key)] == key] for key in clusters}
    for edge in drawing.edges:
        look = [f'label="{edge.count:,}"'] * (edge.count > 1) + ["style=dashed"] * (not edge.known)
        ends = []
        for key, attribute, at in ((edge.source, "ltail", -1), (edge.target, "lhead", 0)):
            if key in clusters and inside[key]:
                look.append(f"{attribute}={clusters[key]}")
                ends.append(inside[key][at])
            elif key in names:
                ends.append(names[key])
        if len(ends) == 2:
            yield f"  {ends[0]} -> {ends[1]}" + (f" [{', '.join(look)}];" if look else ";")


def _group_keys(root: Group) -> Iterator[Key]:
    stack = list(reversed(root.members))
    while stack:
        item = stack.pop()
        if isinstance(item, Group):
            yield item.key
            stack.extend(reversed(item.members))


def _look(node: Node) -> str:
    face = face_of(node)
    label = _quoted(*filter(None, (f"{face.title} {face.badge}".strip(), *face.lines)))
    style = "rounded,filled,dashed" if face.tone == "open" else "rounded,filled"
    return (
        f'label={label}, tooltip={_quoted(sentence(node))}, style="{style}", '
        f'color="{COLOURS[face.tone]}", fillcolor="{FILLS[face.tone]}"'
    )


def _group_look(group: Group) -> str:
    face = face_of(group)
    label = _quoted(*filter(None, (f"{face.title} {face.badge}".strip(), *face.lines)))
    style = "rounded,dashed" if face.tone == "open" else "rounded"
    return f'label={label}; labeljust=l; style="{style}"; color="{COLOURS[face.tone]}";'


def _quoted(*lines: str) -> str:
    """Return lines as one DOT string; backslashes are escaped first, so that those in names have no meaning."""
    text = [printable(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines]
    return '"' + "\\n".join(text) + '"'
