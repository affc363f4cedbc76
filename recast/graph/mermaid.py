"""A drawing as Mermaid, which GitHub and GitLab show in Markdown. Names stand in quotes; identifiers are ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from recast.graph.faces import TIMES, face_of, tone_of
from recast.graph.model import Drawing, Group, Key, Node
from recast.graph.style import COLOURS, FILLS
from recast.graph.text import printable

__all__ = ["mermaid"]


_HARMLESS = f".,:/_+-=\N{MIDDLE DOT}\N{HORIZONTAL ELLIPSIS}{TIMES}"
_LIST = re.compile(r"\s*([-+]|\d+\.)\s")
"""Mermaid takes a label that begins like this for a list in Markdown, and refuses it."""


def mermaid(drawing: Drawing) -> str:
    """Return the drawing as a Mermaid flowchart."""
    items = list(_items(drawing.root))
    names = {item.key: f"{'g' if isinstance(item, Group) else 'n'}{number}" for number, item in enumerate(items)}
    tones = dict.fromkeys(tone_of(item) for item in items)
    return "\n".join(
        [
            "---",
            f"title: {_title(drawing.title)}",
            "---",
            "flowchart TD",
            *(f"  classDef {tone} {_look(tone)}" for tone in tones),
            *_boxes(drawing.root, names),
            *(_edge(names[edge.source], names[edge.target], edge.count, edge.known) for edge in drawing.edges),
            "",
        ]
    )


def _items(root: Group) -> Iterator[Node | Group]:
    stack = list(reversed(root.members))
    while stack:
        item = stack.pop()
        yield item
        if isinstance(item, Group):
            stack.extend(reversed(item.members))


def _boxes(root: Group, names: dict[Key, str]) -> Iterator[str]:
    stack: list[Node | Group | str] = list(reversed(root.members))
    depth = 1
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            depth -= 1
            yield "  " * depth + "end"
            yield "  " * depth + item
        elif isinstance(item, Node):
            opening, closing = ("([", "])") if item.kind == "init" else ("[", "]")
            yield f"{'  ' * depth}{names[item.key]}{opening}{_label(item)}{closing}:::{tone_of(item)}"
        else:
            yield f"{'  ' * depth}subgraph {names[item.key]} [{_label(item)}]"
            depth += 1
            stack.extend([f"class {names[item.key]} {tone_of(item)}", *reversed(item.members)])


def _edge(source: str, target: str, count: int, known: bool) -> str:
    arrow = "-->" if known else "-.->"
    return f"  {source} {arrow}{f'|{count:,}|' if count > 1 else ''} {target}"


def _label(item: Node | Group) -> str:
    face = face_of(item)
    lines = [f"{face.title} {face.badge}".strip(), *face.lines]
    return '"' + "<br/>".join(_entities(line) for line in lines) + '"'


def _look(tone: str) -> str:
    dashes = ",stroke-dasharray:5 4" if tone == "open" else ""
    return f"fill:{FILLS[tone]},stroke:{COLOURS[tone]},color:#1f2328{dashes}"


def _entities(text: str) -> str:
    """Return text with all but letters, digits and harmless marks as entities: nothing in a name is syntax."""
    clean = printable(text)
    listed = _LIST.match(clean)
    harmless = _HARMLESS if listed is None else ""
    return "".join(char if char.isalnum() or char in harmless or char == " " else f"#{ord(char)};" for char in clean)


def _title(text: str) -> str:
    return json.dumps(printable(text), ensure_ascii=False)
