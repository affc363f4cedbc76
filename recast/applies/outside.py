"""Points that a version cannot answer, by the masses that its topologies accept: known before there is a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from recast.applies.clauses import find
from recast.applies.declared import Applies
from recast.applies.model import Model
from recast.applies.points import masses_of_point
from recast.inputs.faults import Fault
from recast.json_types import JsonObject

__all__ = ["points_outside"]

_BY_MASS = ("decays", "masses")


def points_outside(applies: Applies, inputs: JsonObject) -> list[Fault]:
    """Return a fault for each point whose masses are refused by every topology that it can belong to.

    `inputs` include defaults. A point that is merely not validated is not a fault; neither is a rate that is too low,
    which is an answer.
    """
    keys = {key: None for topology in applies.topologies for key, value in topology.run.items() if _is_list(value)}
    return [fault for key in keys if inputs.get(key) for fault in _of_input(applies, key, inputs)]


def _is_list(template: Any) -> bool:
    return isinstance(template, list)


def _of_input(applies: Applies, key: str, inputs: JsonObject) -> Iterator[Fault]:
    value = inputs[key]
    named = isinstance(value, list) and all(isinstance(point, str) for point in value)
    if not named and (words := _refusal(applies, inputs)):
        yield Fault(f"/{key}", words, "")
    for index, point in enumerate(value if named else ()):
        if words := _refusal(applies, {**inputs, key: [point]}):
            yield Fault(f"/{key}/{index}", f"{point}: {words}", "")


def _refusal(applies: Applies, inputs: JsonObject) -> str:
    """Return why no topology accepts the single point in the inputs, as explained by the one that matches furthest.

    Empty if one accepts it, or if there is no single point.
    """
    found = []
    for topology in applies.topologies:
        if masses := masses_of_point(topology, inputs):
            found.append(find(topology, applies, Model(masses=masses, inputs=inputs), None, 0.0))
    if not found or not all(one.refused for one in found):
        return ""
    best = max(found, key=lambda one: len(one.clauses))
    return f"{best.decisive.why} ({best.topology.title})" if best.decisive.name in _BY_MASS else ""
