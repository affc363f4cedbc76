"""What stands in for the rooms beside the pipeline where a checkout does not have them yet: the least that it calls."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from types import SimpleNamespace
from typing import Any


@dataclass(frozen=True)
class Tolerance:
    quantity: str
    relative: float | None = None
    absolute: float | None = None


@dataclass(frozen=True)
class Rules:
    tolerances: tuple[Tolerance, ...] = ()
    alpha: float = 0.01


@dataclass(frozen=True)
class Quantity:
    pointer: str
    value: float


def quantities(results: Sequence[dict[str, Any]], name: str) -> tuple[Quantity, ...]:
    """The steps of cutflows."""
    return tuple(
        Quantity(f"{name}/{row['name']}/{row['region']}/{step['name']}", float(step["events"]))
        for row in results
        if row["type"] == "cutflow"
        for step in row["steps"]
    )


class Comparison:
    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows

    @property
    def word(self) -> str:
        return "moved" if any(row["verdict"] in ("moved", "gone") for row in self.rows) else "passed"

    def sentence(self) -> str:
        moved = [row["pointer"] for row in self.rows if row["verdict"] == "moved"]
        return f"moved: {', '.join(moved)}" if moved else f"{len(self.rows)} quantities are as before"

    def as_json(self) -> dict[str, Any]:
        return {"schema": 1, "alpha": 0.01, "quantities": self.rows, "histograms": [], "changed_events": []}


def compare(before: Any, after: Any, *, rules: Rules, announced: Sequence[Any] = (), **_: Any) -> Comparison:
    old, new = ({it.pointer: it.value for it in side} for side in (before, after))
    rows = []
    for pointer in sorted(old.keys() | new.keys()):
        verdict = _verdict(old.get(pointer), new.get(pointer))
        if verdict == "moved" and any(fnmatchcase(pointer, it["quantity"]) for it in announced):
            verdict = "announced"
        sides = {"before": {"value": old.get(pointer)}, "after": {"value": new.get(pointer)}}
        delta = new[pointer] - old[pointer] if pointer in old and pointer in new else None
        rows.append({"pointer": pointer, **sides, "delta": delta, "verdict": verdict, "why": ""})
    return Comparison(rows)


def _verdict(old: float | None, new: float | None) -> str:
    if old is None or new is None:
        return "new" if old is None else "gone"
    return "same" if old == new else "within" if abs(new - old) <= 0.03 * abs(old) else "moved"


def write(report: Any, comparison: Any, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, document in (("report", report), ("comparison", comparison)):
        if document is not None:
            (out / f"{name}.json").write_text(json.dumps(document))


COMPARING = SimpleNamespace(
    Rules=Rules,
    Tolerance=Tolerance,
    quantities=quantities,
    compare=compare,
    published_values=lambda items, results, name: (),
)
REPORTING = SimpleNamespace(write=write)
