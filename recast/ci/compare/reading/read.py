"""Quantities out of the results of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from recast.ci.compare.quantity import Quantity
from recast.ci.compare.reading.events import cutflow, efficiency, yields
from recast.ci.compare.reading.joined import with_counts, with_sample, with_signal_errors
from recast.ci.compare.reading.labels import clean, labels
from recast.ci.compare.reading.limits import limit
from recast.ci.compare.reading.tables import table
from recast.json_types import JsonObject

__all__ = ["quantities"]

Reader = Callable[[JsonObject, str], Iterable[Quantity]]
_READERS: Mapping[str, Reader] = MappingProxyType(
    {"cutflow": cutflow, "efficiency": efficiency, "limit": limit, "table": table, "yields": yields}
)
_FILES = ("file", "plot")
"""Types whose value is a file: two files with the same content may differ in each byte, so they are not compared."""


def quantities(results: Sequence[JsonObject], name: str) -> tuple[Quantity, ...]:
    """Return the quantities of a run, in the order of its results; no two have the same pointer.

    `results` is the list of that name that `recast results RUN -o json` prints; `name` is that of the validation run,
    with which each pointer begins. Files and plots have no quantities.
    """
    found = list(_read(results, clean(name)))
    found = with_sample(with_counts(found))
    return tuple(_apart(with_signal_errors(found, results)))


def _read(results: Sequence[JsonObject], run: str) -> Iterator[Quantity]:
    names = dict.fromkeys(str(row["name"]) for row in results)
    known: dict[int, str] = {}
    for name in names:
        places = [index for index, row in enumerate(results) if str(row["name"]) == name]
        known |= dict(zip(places, labels([results[index] for index in places]), strict=True))
    for index, row in enumerate(results):
        if row["type"] in _FILES:
            continue
        base = "/".join(filter(None, (run, clean(row["name"]), known[index])))
        reader = _READERS.get(row["type"])
        if reader is None:
            yield Quantity(base, "word", None, text=f"results of type {clean(row['type'])} are not compared")
            continue
        for one in reader(row, base):
            yield replace(one, source=(index, one.source[1]))


def _apart(found: Sequence[Quantity]) -> Iterator[Quantity]:
    """Yield quantities with pointers that are told apart by a number where two are the same."""
    seen: Counter[str] = Counter()
    for one in found:
        seen[one.pointer] += 1
        again = seen[one.pointer]
        yield one if again == 1 else replace(one, pointer=f"{one.pointer}#{again}")
