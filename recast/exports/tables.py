"""Turn typed results into HEPData tables: independent and dependent variables, errors with labels; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recast.exports.quantity import MISSING, cell, named
from recast.json_types import JsonObject
from recast.results.numbers import convention_words

__all__ = ["Column", "Table", "tables_of"]

Result = JsonObject
Errors = tuple[JsonObject, ...]

_CONFIDENCE = ("Confidence level", 95, "%")


@dataclass(frozen=True, slots=True)
class Column:
    """A variable: one value per row, and for a dependent one the errors of each row and its qualifiers."""

    name: str
    unit: str
    values: tuple[Any, ...]
    errors: tuple[Errors, ...] = ()
    qualifiers: tuple[tuple[str, str | float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One table: `key` is a file name without suffix, `observables` are HEPData's keywords."""

    key: str
    title: str
    description: str
    observables: tuple[str, ...]
    independent: tuple[Column, ...]
    dependent: tuple[Column, ...]


def tables_of(results: Sequence[Result], titles: Mapping[str, str]) -> list[Table]:
    """Return the tables of all results with numbers, in their order; `titles` are the declared ones."""
    found: list[Table] = []
    for name in dict.fromkeys(result["name"] for result in results):
        chosen = [result for result in results if result["name"] == name]
        make = _MAKERS.get(chosen[0]["type"])
        if make is not None:
            found += make(name, titles.get(name) or name, chosen)
    return found


def _limits(name: str, title: str, limits: Sequence[Result]) -> Iterator[Table]:
    """Yield a table for each quantity that any of the limits has."""
    points = _coordinates([limit["point"] for limit in limits])
    verdicts = Column("Excluded at 95% CL", "", tuple(cell(limit["excluded"]) for limit in limits))
    for key, head, unit, observable in _QUANTITIES:
        observed, expected = (
            [limit.get(f"{key}_obs{unit}") for limit in limits],
            [_band(limit, key, unit) for limit in limits],
        )
        if all(value is None for value in [*observed, *expected]):
            continue
        own_unit = "FB" if unit else ""
        columns = [Column(f"{head}, observed", own_unit, tuple(map(cell, observed)), qualifiers=(_CONFIDENCE,))]
        if any(expected):
            median = tuple(band[2] if band else MISSING for band in expected)
            errors = tuple(_of_band(band) if band else () for band in expected)
            columns.append(Column(f"{head}, expected", own_unit, median, errors, (_CONFIDENCE, _hypothesis(limits))))
        columns += _published(limits, f"{key}_obs{unit}", head, own_unit)
        words = f"{title}. {head} of each point; errors of expected values are the edges of the bands of 1 and 2 sigma."
        words += _cautions(limits)
        yield Table(f"{name}_{key}", f"{head} ({name})", words, (observable,), points, (*columns, verdicts))


def _cautions(limits: Sequence[Result]) -> str:
    """Return which points have no verdict and why, and all notes, as sentences: no numeric column contains them."""
    open_ones = [limit for limit in limits if limit.get("undecided")]
    reasons = dict.fromkeys(f"Undecided: {limit['undecided']}" for limit in open_ones)
    several = f"{len(open_ones)} of {len(limits)} points are undecided" if open_ones and limits[1:] else ""
    known = dict.fromkeys(str(note) for limit in limits for note in limit.get("notes") or ())
    notes = sorted(known, key=lambda note: not note.startswith(("outside", "not validated")))
    said = [*filter(None, [several]), *reasons, *notes]
    more = [f"and {len(said) - _MOST_SAID} more notes, which the other exports have"] if len(said) > _MOST_SAID else []
    return "".join(f" {sentence[:1].upper()}{sentence[1:]}." for sentence in [*said[:_MOST_SAID], *more])


_MOST_SAID = 10
_QUANTITIES = (
    ("cls", "CLs at mu = 1", "", "CLS"),
    ("mu_ul", "Upper limit on mu", "", "MU"),
    ("xsec_ul", "Upper limit on the cross section", "_fb", "SIG"),
)
"""Key, words, end of the key with its unit, HEPData's keyword of the observable."""


def _hypothesis(limits: Sequence[Result]) -> tuple[str, str, str]:
    """Return the qualifier that says what expected values assume."""
    words = "; ".join(dict.fromkeys(map(convention_words, limits)))
    return ("Expected", f"background only, {words}", "")


def _band(limit: Result, key: str, unit: str) -> Sequence[float] | None:
    found: Sequence[float] | None = limit.get(f"{key}_exp{unit}")
    return found


def _of_band(band: Sequence[float]) -> Errors:
    """Return the distances of a band's edges from its median, with HEPData's signs: the lower ones are negative."""
    median = band[2]
    edges = (("1 sigma", band[1], band[3]), ("2 sigma", band[0], band[4]))
    return tuple(
        {"asymerror": {"plus": high - median, "minus": low - median}, "label": label}
        for label, low, high in edges
        if high != median or low != median  # HEPData refuses errors of zero
    )


def _published(limits: Sequence[Result], key: str, head: str, unit: str) -> list[Column]:
    values = [limit.get("published", {}).get(key) for limit in limits]
    if all(value is None for value in values):
        return []
    sources = "; ".join(dict.fromkeys(limit["published"]["source"] for limit in limits if limit.get("published")))
    return [
        Column(f"{head}, observed, published", unit, tuple(map(cell, values)), qualifiers=(("Source", sources, ""),))
    ]


def _yields(name: str, title: str, results: Sequence[Result]) -> Iterator[Table]:
    rows = [
        ({**result.get("point", {}), "region": row["region"]}, row) for result in results for row in result["regions"]
    ]
    values = [row for _, row in rows]
    shown = (("observed", "Observed events", ""), ("background", "Background events", "background_error"),
             ("signal", "Signal events", "signal_error"))  # fmt: skip
    columns = [_counted(values, *one) for one in shown if any(row.get(one[0]) is not None for row in values)]
    if columns:
        words = f"{title}. Observed events, expected background and signal of each region."
        yield Table(name, title, words, ("N",), _coordinates([point for point, _ in rows]), tuple(columns))


def _efficiencies(name: str, title: str, results: Sequence[Result]) -> Iterator[Table]:
    rows = [
        ({**result.get("point", {}), "region": row["region"]}, row) for result in results for row in result["regions"]
    ]
    column = _counted([row for _, row in rows], "efficiency", "Acceptance times efficiency", "error")
    words = f"{title}. Share of the generated signal that is left in each region, with its statistical error."
    yield Table(name, title, words, ("ACC", "EFF"), _coordinates([point for point, _ in rows]), (column,))


def _cutflows(name: str, title: str, results: Sequence[Result]) -> Iterator[Table]:
    rows = [
        ({**result.get("point", {}), "region": result["region"], "cut": f"{number}: {step['name']}"}, step)
        for result in results
        for number, step in enumerate(result["steps"])
    ]
    steps = [step for _, step in rows]
    columns = [_counted(steps, "events", "Signal events", "error")]
    if any(step.get("raw") is not None for step in steps):
        columns.append(_counted(steps, "raw", "Simulated events", ""))
    words = f"{title}. Expected signal events after each cut, at the luminosity of the analysis."
    yield Table(name, title, words, ("N",), _coordinates([point for point, _ in rows]), tuple(columns))


def _tables(name: str, title: str, results: Sequence[Result]) -> Iterator[Table]:
    """Yield a table result: the dependent variables are a contour's `y`, or all columns but the first."""
    for number, table in enumerate(results):
        names = [column["name"] for column in table["columns"]]
        if not table["rows"] or len(names) < 2:
            continue
        first = len(names) - 1 if names[0] == "curve" else 1
        columns = [
            Column(*_titled(column), tuple(cell(row[index]) for row in table["rows"]))
            for index, column in enumerate(table["columns"])
        ]
        key = name if len(results) == 1 else f"{name}_{number}"
        heading = table.get("title") or title
        observables = ("CLS",) if names[0] == "curve" else ()
        yield Table(key, heading, heading, observables, tuple(columns[:first]), tuple(columns[first:]))


def _titled(column: JsonObject) -> tuple[str, str]:
    return (column["name"], column["unit"]) if column.get("unit") else named(column["name"])


def _counted(rows: Sequence[Result], key: str, name: str, error: str) -> Column:
    errors = tuple(
        ({"symerror": row[error], "label": "stat" if error == "error" or key == "signal" else "total"},)
        if row.get(error) and row.get(key) is not None  # HEPData refuses errors of zero
        else ()
        for row in rows
    )
    return Column(name, "", tuple(cell(row.get(key)) for row in rows), errors if any(errors) else ())


def _coordinates(points: Iterable[JsonObject]) -> tuple[Column, ...]:
    """Return the points' own columns, including names that repeat their numbers, since papers use them."""
    rows = list(points)
    keys = dict.fromkeys(key for row in rows for key in row) or {"point": None}
    return tuple(Column(*named(key), tuple(cell(row.get(key)) for row in rows)) for key in keys)


_MAKERS: Mapping[str, Callable[[str, str, Sequence[Result]], Iterator[Table]]] = {
    "cutflow": _cutflows,
    "efficiency": _efficiencies,
    "limit": _limits,
    "table": _tables,
    "yields": _yields,
}
