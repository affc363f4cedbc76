"""The legend of a panel: what each kind looks like and means, in columns at the top of the frame; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recast.charts.model import KINDS, XY
from recast.charts.primitives import Box, Glyphs, Group, Item, Path, Words
from recast.charts.style import AREAS
from recast.charts.words import unmarked
from recast.graph.text import shorten, width

__all__ = ["TEXT_PX", "Legend", "legend_of"]

TEXT_PX = 12.0
_ROW_PX = 17.0
_SWATCH_PX, _GAP_PX, _PAD_PX = 26.0, 7.0, 10.0
_MOST_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class Legend:
    """The entries: the index of a group and its label; as many columns as fit, and the height of all of it in px."""

    entries: tuple[tuple[int, str], ...]
    columns: int
    height: float

    def keys(self, groups: Sequence[Group], box: Box) -> tuple[tuple[tuple[int, ...], tuple[Item | Words, ...]], ...]:
        """Return what is drawn for each entry in the frame of a panel, with the groups that it stands for."""
        across = (box.x1 - box.x0 - _PAD_PX) / self.columns
        rows = -(-len(self.entries) // self.columns)
        found = []
        for number, (index, label) in enumerate(self.entries):
            x = box.x0 + _PAD_PX + across * (number // rows)
            y = box.y0 + _PAD_PX + _ROW_PX * (number % rows + 0.5)
            longest = max(6, int((across - _SWATCH_PX - _GAP_PX) / (TEXT_PX * 0.56)))
            words = Words("legend", x + _SWATCH_PX + _GAP_PX, y + 4.0, shorten(label, longest))
            same = _same(groups, index)
            drawn = dict.fromkeys(_swatch(it, x, y) for at in same for it in groups[at].items)
            found.append((same, (*drawn, words)))
        return tuple(found)


def _same(groups: Sequence[Group], index: int) -> tuple[int, ...]:
    """Return the groups of an entry: its own, and with the first entry of a kind those that have no label."""
    kind = groups[index].kind
    of_kind = [at for at, it in enumerate(groups) if it.kind == kind]
    is_first = index == min(at for at in of_kind if groups[at].label)
    return tuple(at for at in of_kind if at == index or (is_first and not groups[at].label))


def legend_of(labels: Sequence[tuple[int, str, str]], width_px: float) -> Legend:
    """Return the legend of groups (index, kind, label) for a frame of a width, in the order of `KINDS`."""
    entries = tuple((index, label) for index, _, label in sorted(labels, key=lambda it: KINDS.index(it[1])) if label)
    if not entries:
        return Legend((), 1, 0.0)
    widest = max(width(unmarked(label), TEXT_PX * 0.92) for _, label in entries) + _SWATCH_PX + 2 * _GAP_PX
    columns = max(1, min(_MOST_COLUMNS, int((width_px - _PAD_PX) // widest), len(entries)))
    return Legend(entries, columns, _ROW_PX * -(-len(entries) // columns) + 1.6 * _PAD_PX)


def _swatch(item: Item, x: float, y: float) -> Item:
    middle: XY = (x + _SWATCH_PX / 2, y)
    if isinstance(item, Glyphs):
        return Glyphs(item.kind, (middle,))
    if item.kind in AREAS and item.role == "area":
        low, high = y - 5.5, y + 5.5
        return Path(
            "area", item.kind, (((x, low), (x + _SWATCH_PX, low), (x + _SWATCH_PX, high), (x, high), (x, low)),)
        )
    if item.kind == "bar":
        return Path("line", "bar", (((middle[0], y - 6.0), (middle[0], y + 6.0)),))
    return Path(item.role, item.kind, (((x, y), (x + _SWATCH_PX, y)),))
