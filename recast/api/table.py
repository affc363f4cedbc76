"""Rows with named columns, for scripts and notebooks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from recast.json_types import JsonDict, JsonObject
from recast.masked import masked
from recast.terminal_safe import one_line

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Table"]

_MOST_SHOWN = 200


class Table(Sequence[JsonObject]):
    """Rows, each a dictionary by column; shown as a table in a notebook.

    `columns` defaults to those of all rows, in order of first appearance.
    """

    def __init__(self, rows: Sequence[JsonObject], columns: Sequence[str] | None = None) -> None:
        self._rows = tuple(rows)
        self.columns = tuple(columns if columns is not None else dict.fromkeys(key for row in rows for key in row))

    def __getitem__(self, index: Any) -> Any:
        return Table(self._rows[index], self.columns) if isinstance(index, slice) else self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[JsonObject]:
        return iter(self._rows)

    def __repr__(self) -> str:
        lines = [
            self.columns,
            *(tuple(_cell(row.get(key)) for key in self.columns) for row in self._rows[:_MOST_SHOWN]),
        ]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        shown = [
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
        ]
        return "\n".join([*shown, *self._more()])

    def _repr_html_(self) -> str:
        """Return the table as shown in a notebook; all text is escaped."""
        head = "".join(f"<th>{escape(_cell(key))}</th>" for key in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(_cell(row.get(key)))}</td>" for key in self.columns) + "</tr>"
            for row in self._rows[:_MOST_SHOWN]
        )
        more = "".join(f"<p>{escape(line)}</p>" for line in self._more())
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"

    def _more(self) -> list[str]:
        left = len(self._rows) - _MOST_SHOWN
        return [f"... and {left:,} more rows"] if left > 0 else []

    def to_dicts(self) -> list[JsonDict]:
        """Return the rows as plain dictionaries."""
        return [dict(row) for row in self._rows]

    def to_pandas(self) -> pd.DataFrame:
        """Return a data frame; raise ImportError where pandas is not installed."""
        import pandas as pd

        return pd.DataFrame(self.to_dicts(), columns=list(self.columns))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return one_line(masked(f"{value:.6g}" if isinstance(value, float) else str(value)))
