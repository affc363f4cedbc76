"""The contents of a box, for all formats: its title, a few small lines, a bar of states, and the resulting size."""

from __future__ import annotations

from dataclasses import dataclass

from recast.graph.model import Group, Node
from recast.graph.text import shorten, width

__all__ = ["STATES", "TIMES", "TONES", "NodeLabel", "counts", "face_of", "tone_of"]

STATES = (
    "succeeded",
    "cached",
    "running",
    "submitted",
    "ready",
    "waiting",
    "skipped",
    "cancelled",
    "lost",
    "failed",
)
"""In the order of a box's bar and text."""

TONES = {
    "failed": "failed",
    "lost": "failed",
    "cancelled": "cancelled",
    "running": "running",
    "submitted": "submitted",
    "ready": "ready",
    "waiting": "waiting",
    "skipped": "cancelled",
    "succeeded": "succeeded",
    "cached": "cached",
}
"""The colour that stands for a state; the first of these among its steps gives a box its own."""

TITLE_PX, SMALL_PX = 14.0, 11.5
PAD_PX, LINE_PX, BAR_PX = 14.0, 16.0, 5.0
LEAST_WIDTH_PX = 96.0
LONGEST_LINE = 48

TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True, slots=True)
class NodeLabel:
    """The text of a box and its minimum size in px. `badge` says how many steps or scopes it represents."""

    title: str
    badge: str
    lines: tuple[str, ...]
    tone: str
    bar: bool
    width: float
    height: float


def face_of(item: Node | Group) -> NodeLabel:
    """Return the label of a box; for a group, that of the strip with its title."""
    title, badge = shorten(item.title), _badge(item)
    lines = tuple(_lines(item))
    heading = width(title, TITLE_PX, bold=True) + (8 + width(badge, SMALL_PX, bold=True) + 12 if badge else 0)
    across = max([heading, *(width(line, SMALL_PX) for line in lines)]) + 2 * PAD_PX
    bar = isinstance(item, Node) and bool(item.states) and item.kind != "init"
    height = 2 * 10 + LINE_PX * (1 + len(lines)) + (BAR_PX + 3 if bar else 0)
    return NodeLabel(title, badge, lines, tone_of(item), bar, max(across, LEAST_WIDTH_PX), height)


def tone_of(item: Node | Group) -> str:
    """Return the tone of a box: `open`, `init`, `plain` before a run, else by the most severe state of its steps."""
    if isinstance(item, Group):
        return "group" if item.count else "open"
    if not item.count:
        return "open"
    if item.kind == "init":
        return "init"
    return next((tone for state, tone in TONES.items() if item.states.get(state)), "plain")


def counts(node: Node) -> list[str]:
    """Return the number of steps in each state, one text per state; for a single step only the state."""
    states = [state for state in STATES if node.states.get(state)]
    return states if node.count == 1 else [f"{node.states[state]:,} {state}" for state in states]


def _badge(item: Node | Group) -> str:
    if item.count > 1:
        return f"{TIMES}{item.count:,}"
    return f"{TIMES} each {shorten(item.each, 24)}" if item.each and not item.count else ""


def _lines(item: Node | Group) -> list[str]:
    lines = []
    if isinstance(item, Node):
        if item.detail:
            lines.append(shorten(item.detail, LONGEST_LINE))
        if item.states and item.kind != "init":
            known = counts(item)
            lines.extend(" · ".join(known[at : at + 3]) for at in range(0, len(known), 3))
    if item.note:
        lines.append(shorten(item.note, LONGEST_LINE))
    if item.open and (item.count or item.waits_for):
        more = f"{item.open:,} more " if item.count else ""
        waits = "waits" if item.open == 1 else "wait"
        lines.append(f"{more}{waits} for {shorten(', '.join(item.waits_for) or 'others', LONGEST_LINE)}")
    return lines
