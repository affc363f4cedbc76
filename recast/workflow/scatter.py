"""How a multistep stage multiplies: grouping, then zip or cartesian product."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any

from recast.errors import SpecError
from recast.json_types import JsonDict, JsonObject, JsonValue
from recast.spec.model import BatchSize, Scatter, Stage
from recast.workflow.select import Traced

__all__ = ["scatter"]


def scatter(stage: Stage, parameters: JsonObject, plan: Scatter) -> tuple[int, Iterator[JsonDict]]:
    """Return how many instances there are, and one set of parameters for each, in yadage's order.

    Raises SpecError for lists of unequal length in a zip, for a value that is not a list, for an unknown method.
    """
    common = {name: value for name, value in parameters.items() if name not in plan.parameters}
    lists = {name: _grouped(_as_list(stage, name, parameters), plan.grouping) for name in plan.parameters}
    if plan.method == "zip":
        _check_lengths(stage, lists)
        rows: Iterator[tuple[Any, ...]] = zip(*lists.values(), strict=True)
        count = min(map(len, lists.values()), default=0)
    elif plan.method == "cartesian":
        rows = itertools.product(*lists.values())
        count = math.prod(map(len, lists.values()))
    else:
        raise _error(stage, f"Unknown scatter method {plan.method!r}", "spec.scatter-method", "use zip or cartesian")
    return count, ({**common, **dict(zip(lists, row, strict=True))} for row in rows)


def _as_list(stage: Stage, name: str, parameters: JsonObject) -> list[JsonValue]:
    value = parameters.get(name)
    if isinstance(value, list):
        return value
    if isinstance(value, Traced) and isinstance(value.value, list):
        return [Traced(element, value.origin) for element in value.value]
    shown = value.value if isinstance(value, Traced) else value
    raise _error(
        stage,
        f"Parameter {name!r} is scattered but is not a list: {shown!r:.80}",
        "spec.scatter-list",
        f"give {name!r} as a list, or remove it from scatter.parameters",
    )


def _grouped(values: list[JsonValue], grouping: BatchSize | None) -> list[JsonValue]:
    if grouping is None:
        return values
    if grouping.kind == "batch":
        return [values[start : start + grouping.size] for start in range(0, len(values), grouping.size)]
    parts = min(grouping.size, len(values))
    # yadage's rule: part k gets (n + k) // parts elements, so the last parts are the longer ones.
    ends = list(itertools.accumulate((len(values) + part) // parts for part in range(parts)))
    return [values[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _check_lengths(stage: Stage, lists: Mapping[str, list[JsonValue]]) -> None:
    lengths = {name: len(values) for name, values in lists.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name}: {length}" for name, length in lengths.items())
        raise _error(
            stage,
            f"Stage {stage.name!r} zips lists of unequal length ({shown})",
            "spec.zip-length",
            "make the lists equally long; yadage would silently drop the rest",
        )


def _error(stage: Stage, what: str, code: str, next_step: str) -> SpecError:
    where = str(stage.position or f"stage {stage.name}")
    return SpecError(what, code=code, where=where, next_step=next_step)
