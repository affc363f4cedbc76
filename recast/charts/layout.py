"""From a figure to primitives in their places: panels in columns, what hangs below them, texts around; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from recast.charts.drawn import group_of, values_of
from recast.charts.frame import Below, below_of, frame_of, left_px, name_of, words_of, y_ticks
from recast.charts.legend import Legend, legend_of
from recast.charts.model import Figure, Panel
from recast.charts.primitives import Box, Layout, PlacedPanel, Words
from recast.charts.scale import Scale, scale_of
from recast.charts.ticks import Ticks
from recast.charts.words import safe

__all__ = ["lay_out"]

FRAME_PX = (540.0, 390.0)
_RIGHT_PX, _TOP_PX, _TITLE_PX, _GAP_PX, _APART_PX = 14.0, 10.0, 20.0, 12.0, 18.0
_COLUMNS = 3
_LEAST_FREE = 0.35
"""The share of a frame that the legend leaves to the series at least."""
_LONGEST = 600


@dataclass(frozen=True, slots=True)
class _Sized:
    """A panel with its scales (from 0 to its size in px), what is left and below of it, and its legend."""

    panel: Panel
    x: Scale
    y: Scale
    up: Ticks
    below: Below
    legend: Legend
    height: float


@dataclass(frozen=True, slots=True)
class _Stack:
    """A panel and those that hang below it."""

    panels: tuple[_Sized, ...]
    left: float
    width: float
    top: float

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in px with all texts."""
        heights = sum(it.height for it in self.panels) + _GAP_PX * (len(self.panels) - 1)
        return self.left + self.width + _RIGHT_PX, self.top + heights + self.panels[-1].below.height


def lay_out(figure: Figure, *, with_words: bool = False) -> Layout:
    """Return a chart in its places. `with_words` puts title, caption and notes around it: for a picture by itself."""
    stacks = [_sized(panels) for panels in _stacks(figure.panels)]
    columns = max(1, min(_COLUMNS, len(stacks)))
    rows = [stacks[at : at + columns] for at in range(0, len(stacks), columns)]
    width = max((sum(it.size[0] for it in row) + _APART_PX * (len(row) - 1) for row in rows), default=FRAME_PX[0])
    words, y = _heading(figure, width) if with_words else ([], 0.0)
    placed = list[PlacedPanel]()
    for row in rows:
        x = 0.0
        for stack in row:
            placed += _placed(stack, x, y)
            x += stack.size[0] + _APART_PX
        y += max(stack.size[1] for stack in row)
    if with_words:
        below, y = _texts_below(figure, width, y)
        words += below
    return Layout(round(width), round(y + 4.0), tuple(placed), tuple(words))


def _stacks(panels: Sequence[Panel]) -> Iterator[list[Panel]]:
    found = list[list[Panel]]()
    for panel in panels:
        if panel.below and found:
            found[-1].append(panel)
        else:
            found.append([panel])
    yield from found


def _sized(panels: Sequence[Panel]) -> _Stack:
    """Return a stack with its sizes: all of it has the x axis of the first panel."""
    first = panels[0]
    width = FRAME_PX[0] * first.width
    xs = [value for panel in panels for series in panel.series for value in values_of(series)[0]]
    x = scale_of(first.x, xs).at(0.0, width)
    below = below_of(first.x, x)
    sized = tuple(_with_scales(panel, x, below, width) for panel in panels)
    left = max(below.left, *(left_px(it.up, it.panel.y) for it in sized))
    top = _TOP_PX + (_TITLE_PX if first.title or sized[0].up.factor else 0.0)
    return _Stack(sized, left, width, top)


def _with_scales(panel: Panel, x: Scale, below: Below, width: float) -> _Sized:
    height = FRAME_PX[1] * panel.height
    labels = [(index, series.kind, safe(series.label)) for index, series in enumerate(panel.series)]
    legend = legend_of(labels, width)
    taken = legend.height + (20.0 if panel.words else 0.0)
    y = scale_of(panel.y, [value for series in panel.series for value in values_of(series)[1]])
    if taken and panel.y.high is None:
        y = y.with_room(min(1.0 - _LEAST_FREE, taken / height))
    y = y.at(height, 0.0)
    return _Sized(panel, x, y, y_ticks(y), below, legend, height)


def _placed(stack: _Stack, x: float, y: float) -> Iterator[PlacedPanel]:
    top, x0 = y + stack.top, x + stack.left
    for number, sized in enumerate(stack.panels):
        is_last = number == len(stack.panels) - 1
        yield _panel(sized, Box(x0, top, x0 + stack.width, top + sized.height), stack.left, is_last=is_last)
        top += sized.height + _GAP_PX


def _panel(sized: _Sized, box: Box, left: float, *, is_last: bool) -> PlacedPanel:
    panel = sized.panel
    x, y = sized.x.at(box.x0, box.x1), sized.y.at(box.y1, box.y0)
    groups = tuple(group_of(series, panel, x, y) for series in panel.series)
    words = list(words_of(box, left, (panel.x, panel.y), (x, y), sized.below if is_last else None, sized.up))
    if panel.title:
        longest = max(8, int((box.x1 - box.x0) / 6.6))
        words.append(
            Words("title", box.x0 + (40.0 if sized.up.factor else 0.0), box.y0 - 8.0, safe(panel.title, longest))
        )
    if panel.words:
        words.append(Words("note", box.x0 + 12.0, box.y0 + sized.legend.height + 12.0, safe(panel.words)))
    names = (name_of(panel.x), name_of(panel.y))
    frame = frame_of(box, x, y, sized.below, sized.up)
    return PlacedPanel(
        box, x, y, names, groups, frame, tuple(words), sized.legend.keys(groups, box), sized.panel.x.names
    )


def _heading(figure: Figure, width: float) -> tuple[list[Words], float]:
    lines = wrap(safe(figure.title, 200), max(20, int(width / 9.0)))
    return [Words("heading", 12.0, 22.0 + 20.0 * at, line) for at, line in enumerate(lines)], 12.0 + 20.0 * len(lines)


def _texts_below(figure: Figure, width: float, y: float) -> tuple[list[Words], float]:
    texts = [safe(text, _LONGEST) for text in (figure.caption, *figure.notes) if text]
    lines = [line for text in texts for line in wrap(text, max(30, int(width / 6.4)))]
    return [Words("note", 12.0, y + 18.0 + 15.0 * at, it) for at, it in enumerate(lines)], y + 15.0 * len(lines) + 12.0
