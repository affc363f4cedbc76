"""The table: what was measured, beside whom, and whether the bar of the issue is met."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Bar", "Row", "as_json", "header", "line"]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bound on the number that a row is judged by: its ratio if it has one, else our own number."""

    bound: float
    unit: str
    is_floor: bool = False

    def holds(self, value: float) -> bool:
        """Return whether a value is on the right side of the bound."""
        return value >= self.bound if self.is_floor else value <= self.bound

    def text(self) -> str:
        """Return the bar in words."""
        return f"at {'least' if self.is_floor else 'most'} {self.bound:g} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `ours` and `theirs` are in `unit`; `ratio` says how often one goes into the other.

    `bar` is None for a row that only informs. `note` says what went wrong, or what to know.
    """

    name: str
    ours: float
    unit: str = "s"
    theirs: float | None = None
    ratio: float | None = None
    bar: Bar | None = None
    note: str = ""

    @property
    def holds(self) -> bool | None:
        """Return whether the bar is met; None if there is none."""
        if self.bar is None:
            return None
        return self.bar.holds(self.ours if self.ratio is None else self.ratio)


def header() -> str:
    """Return the first line of the table."""
    return f"{'':<72} {'ours':>12} {'theirs':>12} {'ratio':>8}  wanted"


def line(row: Row, *, judge: bool = True) -> str:
    """Return one line of the table, with its verdict if it is to be judged."""
    verdict = {True: ": met", False: ": MISSED", None: ""}[row.holds if judge else None]
    wanted = row.bar.text() + verdict if row.bar else ""
    shown = f"{row.name:<72} {_number(row.ours, row.unit):>12} {_number(row.theirs, row.unit):>12} "
    return f"{shown}{_number(row.ratio, ''):>8}  {wanted}{'  ' if row.note else ''}{row.note}".rstrip()


def as_json(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the rows as JSON values, each with its verdict as `holds`."""
    return [{**asdict(row), "holds": row.holds} for row in rows]


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    digits = 0 if value >= 100 else 2 if value >= 1 else 3
    return f"{value:.{digits}f} {unit}".rstrip()
