"""Tables as quantities: each number by row and column; a table of bins is a histogram, one of curves has contours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from recast.ci.compare.quantity import Bin, Quantity, is_number
from recast.ci.compare.reading.labels import clean, leaf
from recast.ci.compare.reading.numbers import count, number
from recast.json_types import JsonObject, JsonValue

__all__ = ["table"]

_EDGES = (("low", "high"), ("bin_low", "bin_high"), ("xlow", "xhigh"), ("from", "to"))
_ERRORS = ("_error", "_err", "_uncertainty", " error", " err")
_COUNTS = ("raw", "entries", "generated_events", "raw_events")
_KINDS = (("cls", "cls"), ("mu_ul", "limit"), ("xsec_ul", "limit"), ("s95", "limit"), ("visible_xsec_ul", "limit"))

Row = Sequence[JsonValue]


def table(row: JsonObject, base: str) -> Iterator[Quantity]:
    """Yield the numbers of a table: `BASE/ROW/COLUMN`; a row is called by its words, or by its number.

    Columns `low` and `high` make it a histogram of each other column; columns `curve` and `part` make it contours.
    A column `NAME_error` has the errors of `NAME`.
    """
    names = [str(column["name"]) for column in row["columns"]]
    units = [str(column.get("unit", "")) for column in row["columns"]]
    edges = next((pair for pair in _EDGES if set(pair) <= set(names)), None)
    if edges is not None:
        yield from _histograms(row["rows"], names, units, edges, base)
    elif names[:2] == ["curve", "part"] and len(names) >= 4:
        yield from _contours(row["rows"], names, units, base)
    else:
        yield from _cells(row["rows"], names, units, base)


def _cells(rows: Sequence[Row], names: Sequence[str], units: Sequence[str], base: str) -> Iterator[Quantity]:
    errors, words = _error_columns(names), _word_columns(rows)
    for number_, (cells, label) in enumerate(zip(rows, _row_labels(rows, words), strict=True)):
        for column, name in enumerate(names):
            if column in words or column in errors.values():
                continue
            at, source = f"{base}/{label}/{leaf(name)}", (-1, f"/rows/{number_}/{column}")
            cell = cells[column]
            if isinstance(cell, (str, bool)):
                yield Quantity(at, "word", None, text=clean(cell), source=source)
                continue
            error = number(cells[errors[column]]) if column in errors else None
            kind, value = _kind(name, error), number(cell)
            raw = count(cell) if kind == "count" else None
            yield Quantity(at, kind, value, error, raw, unit=units[column], source=source)


def _kind(name: str, error: float | None) -> str:
    low = name.lower()
    if low in _COUNTS or low.endswith("_raw"):
        return "count"
    if "efficiency" in low and error is not None:
        return "efficiency"
    return next((kind for start, kind in _KINDS if low.startswith(start)), "number")


def _error_columns(names: Sequence[str]) -> dict[int, int]:
    """Return for the column of a value that of its error."""
    places = {name: index for index, name in enumerate(names)}
    pairs = ((index, places.get(f"{name}{ending}")) for index, name in enumerate(names) for ending in _ERRORS)
    return {index: error for index, error in pairs if error is not None}


def _word_columns(rows: Sequence[Row]) -> list[int]:
    """Return the columns in front that have only words: they name the row."""
    found: list[int] = []
    for column in range(len(rows[0]) if rows else 0):
        if not all(isinstance(cells[column], str) for cells in rows):
            break
        found.append(column)
    return found


def _row_labels(rows: Sequence[Row], words: Sequence[int]) -> list[str]:
    """Return a label for each row, no two alike, by as few of its words as tell rows apart, else by its number."""
    for length in range(1, len(words) + 1):
        found = ["/".join(clean(cells[column]) for column in words[:length]) for cells in rows]
        if len(set(found)) == len(found):
            return found
    plain = ["/".join(clean(cells[column]) for column in words) for cells in rows] if words else ["row"] * len(rows)
    seen: Counter[str] = Counter()
    labels = []
    for label in plain:
        seen[label] += 1
        labels.append(f"{label}#{seen[label]}")
    return labels


def _histograms(
    rows: Sequence[Row], names: Sequence[str], units: Sequence[str], edges: tuple[str, str], base: str
) -> Iterator[Quantity]:
    low, high = (names.index(name) for name in edges)
    errors = _error_columns(names)
    raws = next((index for index, name in enumerate(names) if name.lower() in _COUNTS), None)
    for column, name in enumerate(names):
        if column in (low, high, raws) or column in errors.values():
            continue
        bins = []
        for cells in rows:
            value = number(cells[column])
            error = number(cells[errors[column]]) if column in errors else None
            raw = count(cells[raws]) if raws is not None else None
            ends = number(cells[low]), number(cells[high])
            label = f"{_edge(ends[0])} to {_edge(ends[1])}"
            bins.append(Bin(label, float("nan") if value is None else value, error, raw, *ends))
        yield Quantity(f"{base}/{leaf(name)}", "histogram", None, unit=units[column], bins=tuple(bins))


def _edge(value: float | None) -> str:
    return "?" if value is None else f"{value:g}"


def _contours(rows: Sequence[Row], names: Sequence[str], units: Sequence[str], base: str) -> Iterator[Quantity]:
    """Yield one contour for each curve and slice; its parts stay apart."""
    curves: dict[tuple[str, str], dict[str, list[tuple[float, float]]]] = {}
    for cells in rows:
        x, y = number(cells[2]), number(cells[3])
        if not is_number(x) or not is_number(y):
            continue
        slice_ = clean(cells[4]) if len(cells) > 4 and cells[4] else ""
        curves.setdefault((slice_, clean(cells[0])), {}).setdefault(str(cells[1]), []).append((x, y))
    for (slice_, curve), parts in curves.items():
        lines = tuple(tuple(points) for points in parts.values())
        reach = max(x for line in lines for x, _ in line)
        at = "/".join(filter(None, (base, slice_, curve)))
        yield Quantity(at, "contour", reach, unit=units[2], lines=lines)
