"""The points of a request as one run: each with its own inputs, in a scope of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from recast.catalogue.entries.local_workflow import Source
from recast.catalogue.version import PublishedVersion
from recast.errors import InputError
from recast.json_types import JsonDict, JsonObject
from recast.prepare.inputs import InitData
from recast.scans.declared import Declared, declared_scan
from recast.scans.inputs import PointInputs, wrapped
from recast.scans.lists import inputs_of
from recast.scans.points import plain

__all__ = ["declared_for_requests", "inputs_of_point", "together_in_scopes"]


def declared_for_requests(version: PublishedVersion) -> Declared:
    """Return what a version declares about its points; a request names inputs one by one, so all of it counts."""
    return declared_scan(version, ())


def inputs_of_point(
    version: PublishedVersion, declared: Declared, coordinates: JsonObject, inputs: JsonObject
) -> JsonDict:
    """Return the inputs of one point of a request: its own, else what its coordinates stand for.

    Coordinates stand for inputs of the same name, for the item of a version's list (`name`), or for the point of its
    grid that has these numbers. Raises InputError if they say nothing.
    """
    if inputs:
        return dict(inputs)
    known = version.input_schema.get("properties", {})
    taken, value = declared.takes, declared.value
    if taken is not None:
        named = coordinates.get(value, coordinates.get(taken))
        if isinstance(named, str):
            return {taken: [named]}
        if (row := _of_grid(declared, coordinates)) is not None:
            return {taken: [row[value]]}
    elif (row := _of_grid(declared, coordinates)) is not None:
        coordinates = row
    found = inputs_of(coordinates, known, declared.columns)
    if not found:
        raise InputError(
            "The coordinates do not say what to run",
            why=f"Coordinates: {', '.join(coordinates) or 'none'}. Inputs: {', '.join(known) or 'none'}.",
            next_step=f"give the point its `inputs`: recast show inputs {version.typed}",
            code="inputs.none",
        )
    return found


def _of_grid(declared: Declared, coordinates: JsonObject) -> JsonObject | None:
    """Return the only point of the version's grid that has these coordinates, None if there is none, or several."""
    if not coordinates or not declared.points:
        return None
    fitting = [
        row for row in declared.points if all(_same(row.get(name), value) for name, value in coordinates.items())
    ]
    return fitting[0] if len(fitting) == 1 else None


def _same(one: object, other: object) -> bool:
    return bool(plain(one) == plain(other)) and isinstance(one, bool) == isinstance(other, bool)


def together_in_scopes(
    source: Source, points: Sequence[InitData], folder: Path, asked: JsonObject
) -> tuple[Source, InitData]:
    """Return source and inputs of one run that runs the version's workflow once for each point, in their order.

    `folder` gets the version's files and the wrapping workflow; `asked` becomes the run's `origin.request`.
    """
    source = replace(source, origin={**(source.origin or {}), "request": dict(asked)})
    names = dict.fromkeys(name for data in points for name in data.values)
    items = [PointInputs({}, _complete(data, names), str(index)) for index, data in enumerate(points)]
    return wrapped(source, items, folder)


def _complete(data: InitData, names: Mapping[str, None]) -> InitData:
    """Return a point's inputs with null for those that only other points have: all scopes take the same ones."""
    missing = dict.fromkeys(name for name in names if name not in data.values)
    return replace(data, values={**data.values, **missing}) if missing else data
