"""The table of a run's stages on a terminal, at most as high as the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from recast.engine import Engine
from recast.executors.protocol import Executor
from recast.masked import masked
from recast.reports.stage_table import COLUMNS, StageRow, open_rows, stage_rows
from recast.reports.status import standing
from recast.reports.time_text import duration
from recast.terminal_safe import one_line

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

__all__ = ["chosen_rows", "stage_view"]

MOST_OPEN = 10
_OTHER_LINES = 6
"""The lines around the rows: title, head, rule, and some room for the prompt."""


def stage_view(engine: Engine, executor: Executor, now: float, height: int) -> Group:
    """Return the table and the lines below it, in at most `height` lines unless a line is wrapped."""
    from rich.console import Group
    from rich.text import Text

    told = (one_line(masked(line)) for line in standing(engine, now, executor))
    below = [Text(line, overflow="ellipsis", no_wrap=True) for line in told]
    return Group(_table(engine, executor, now, max(3, height - len(below) - _OTHER_LINES)), *below)


def chosen_rows(rows: Sequence[StageRow], most: int) -> list[StageRow]:
    """Return the rows to show, in their order: all if they fit, else preferring active, then failed stages."""
    if len(rows) <= most:
        return list(rows)
    ranks = [(not row.active, not row.failed, number) for number, row in enumerate(rows)]
    shown = sorted(number for _, _, number in sorted(ranks)[:most])
    return [rows[number] for number in shown]


def _table(engine: Engine, executor: Executor, now: float, most: int) -> Table:
    from rich.table import Table
    from rich.text import Text

    title = f"run {engine.plan.run} on {executor.name}: {'paused' if engine.paused else engine.state}"
    table = Table("stage", *COLUMNS, "awaited", title=Text(one_line(title)), title_justify="left")
    rows = stage_rows(engine)
    shown = chosen_rows(rows, most)
    for row in shown:
        counts = (_count(getattr(row, column)) for column in COLUMNS)
        table.add_row(_cell(row.stage), *counts, _cell(_awaited(row, now)))
    left = len(rows) - len(shown)
    if left:
        table.add_row(f"and {left:,} more", *[""] * (len(COLUMNS) + 1))
    for row in islice(open_rows(engine, MOST_OPEN), max(0, most - len(shown))):
        table.add_row(_cell(row.stage), "?", *[""] * (len(COLUMNS) - 1), _cell(row.awaited))
    return table


def _cell(words: str) -> Text:
    """Return a cell with text from a spec, as plain text: names must not be interpreted as markup."""
    from rich.text import Text

    return Text(one_line(masked(words)))


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _awaited(row: StageRow, now: float) -> str:
    if not row.awaited or row.since is None:
        return row.awaited
    return f"{row.awaited} for {duration(now - row.since)}"
