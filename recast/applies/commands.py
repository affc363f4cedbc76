"""The command for a search that applies to a model, with inputs as the entry declares them."""

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Collection, Mapping
from typing import Any

from recast.applies.clauses import Finding
from recast.applies.declared import Applies, Topology
from recast.applies.model import Model
from recast.applies.points import FIELD, template_pattern
from recast.json_types import JsonDict, JsonObject

__all__ = ["Proposal", "nearest", "propose", "typed"]

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_YAML_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


class Proposal:
    """Inputs that ask a search about a model, and how they deviate from it."""

    def __init__(self, inputs: JsonObject, notes: Collection[str] = ()) -> None:
        self.inputs, self.notes = dict(inputs), tuple(notes)


def propose(finding: Finding, applies: Applies, model: Model, file: str, points: Collection[str]) -> Proposal | None:
    """Return inputs for a finding, None if the entry does not declare them; `points` are those of the topology's grid.

    The user's file is passed unchanged if the entry takes such files; else masses form a point.
    """
    topology = finding.topology
    if file and (key := applies.files.get(model.kind)):
        fixed = {name: value for name, value in topology.run.items() if not _has_fields(value)}
        return Proposal({**fixed, **model.inputs, key: f"@{file}"})
    if not topology.run:
        return None
    made = {name: _filled(value, finding.masses_gev) for name, value in topology.run.items()}
    notes: list[str] = []
    if topology.grid is not None:
        made, notes = _on_grid(made, topology, finding.masses_gev, points)
    return Proposal({**made, **model.inputs}, notes)


def typed(analysis: str, inputs: JsonObject) -> str:
    """Return the command that runs an analysis with inputs."""
    return " ".join(
        ["recast run", analysis, *(f"-p {shlex.quote(f'{key}={_text(it)}')}" for key, it in inputs.items())]
    )


def _text(value: Any) -> str:
    """Return a value in the form of `-p`: file names and plain words unchanged, everything else as JSON."""
    if isinstance(value, str) and (value.startswith("@") or _is_word(value)):
        return value
    return json.dumps(value, ensure_ascii=False)


def _is_word(text: str) -> bool:
    return _WORD.fullmatch(text) is not None and text.lower() not in _YAML_WORDS


def nearest(template: str, masses: Mapping[str, float], points: Collection[str]) -> str | None:
    """Return the point of a grid with the nearest masses, parsed with the template of its name."""
    names, pattern = FIELD.findall(template), template_pattern(template)
    best: tuple[float, str] | None = None
    for point in points:
        found = pattern.fullmatch(point)
        if found is not None:
            apart = (float(text) - masses.get(name, 0.0) for name, text in zip(names, found.groups(), strict=True))
            far = math.hypot(*apart)  # squares of absurd masses would be beyond floats
            best = min(best, (far, point)) if best else (far, point)
    return best[1] if best else None


def _on_grid(
    made: JsonObject, topology: Topology, masses: Mapping[str, float], points: Collection[str]
) -> tuple[JsonDict, list[str]]:
    """Return inputs whose points are all in the grid: the requested ones if they exist, else the nearest."""
    result: JsonDict = {}
    notes: list[str] = []
    for key, value in made.items():
        if isinstance(value, list):
            there = [point for point in value if point in points]
            if not there:
                near = [nearest(template, masses, points) for template in topology.run[key]]
                there = [point for point in near if point is not None]
                notes.append(f"the published grid has no point {value[0]}; the nearest is {', '.join(there) or 'none'}")
            value = there
        result[key] = value
    return result, notes


def _has_fields(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_has_fields, value))
    return isinstance(value, str) and FIELD.search(value) is not None


def _filled(value: Any, masses: Mapping[str, float]) -> Any:
    """Return a template filled with masses: as a number if it is only a placeholder, without decimals in a name."""
    if isinstance(value, list):
        return [_filled(item, masses) for item in value]
    if not isinstance(value, str):
        return value
    if (alone := FIELD.fullmatch(value)) and alone[1] in masses:
        mass = masses[alone[1]]
        return int(mass) if mass == int(mass) else mass
    return FIELD.sub(lambda field: f"{masses[field[1]]:.0f}" if field[1] in masses else field[0], value)
