"""The inputs of a scan: each point is checked like a separate run, then all are combined into one run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from recast.catalogue.entries.local_workflow import Source
from recast.errors import InputError
from recast.json_types import JsonDict, JsonObject, JsonValue
from recast.plainfile import file_digest
from recast.prepare.input_files import FileGrants
from recast.prepare.inputs import InitData, init_data
from recast.scans.declared import Declared
from recast.scans.lists import inputs_of
from recast.scans.points import Point, plain
from recast.spec import load_workflow
from recast.workflow import INIT_DIRECTORY
from recast.workflow.pointwise import WORKFLOW, wrapper

__all__ = ["PointInputs", "check_points", "names_alone", "short", "together", "wrapped"]


@dataclass(frozen=True, slots=True)
class PointInputs:
    """A point, its inputs, and a key that is equal for points with the same answer."""

    point: Point
    data: InitData
    key: str


def check_points(
    source: Source,
    declared: Declared,
    points: Sequence[Point],
    inputs: JsonObject,
    hand: FileGrants,
    made_with: str,
) -> list[PointInputs]:
    """Check the inputs of every point; raise InputError, which names the first that does not fit.

    `made_with` identifies what else answers depend on, such as image overrides.
    """
    checked, digests = [], dict[Path, str]()
    for number, point in enumerate(points, 1):
        try:
            own = {**inputs, **_of_point(source, declared, point)}
            data = init_data(source, own, None, {}, replace(hand, keys=hand.keys | set(own)))
        except InputError as problem:
            where = f"point {number} ({short(point)}), {problem.where}"
            raise InputError(
                problem.what, where=where, why=problem.why, next_step=problem.next_step, code=problem.code
            ) from problem
        checked.append(PointInputs(point, data, _key(source, data, digests, made_with)))
    return checked


def _of_point(source: Source, declared: Declared, point: Point) -> JsonDict:
    if declared.over:
        return {declared.over: [declared.list_value(point)]}
    assert source.version is not None
    known = source.version.input_schema.get("properties")
    found = inputs_of(point, known, declared.columns)
    if not found:
        raise InputError(
            "No column of the points is an input",
            why=f"Columns: {', '.join(point)}. Inputs: {', '.join(known or ())}.",
            next_step=f"recast show inputs {source.version.typed}",
        )
    return found


def names_alone(source: Source, declared: Declared, point: Point) -> list[str]:
    """Return the columns that are not inputs, except those that a version uses in its own points."""
    assert source.version is not None
    if declared.over or (known := source.version.input_schema.get("properties")) is None:
        return []
    of_lists = {part for parts in declared.columns.values() for part in parts}
    own = {*(declared.points[0] if declared.points else ()), *of_lists, "name"}
    return [name for name in point if name.partition("[")[0] not in known and name not in (*known, *own)]


def _key(source: Source, data: InitData, digests: dict[Path, str], made_with: str) -> str:
    """Return a digest of the version, `made_with`, and the inputs, with files by their content."""
    by_path = {f"{INIT_DIRECTORY}/{path}": place for path, place in data.files.items()}

    def content(value: JsonValue) -> JsonValue:
        if isinstance(value, str) and value in by_path:
            place = by_path[value]
            if place not in digests:
                digests[place] = file_digest(place)
            return {"file": digests[place]}
        if isinstance(value, dict):
            return {name: content(item) for name, item in value.items()}
        return [content(item) for item in value] if isinstance(value, list) else plain(value)

    assert source.version is not None
    parts = [source.version.digest, made_with, {name: content(value) for name, value in data.values.items()}]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def short(point: Point) -> str:
    """Return a point as text that fits into a line."""
    return ", ".join(f"{name}={value}" for name, value in point.items())[:100]


def together(
    source: Source, declared: Declared, points: Sequence[Point], inputs: JsonObject, hand: FileGrants
) -> PointInputs:
    """Return some points as one, for a version whose input takes a list of them."""
    assert declared.over is not None
    values = [declared.list_value(point) for point in points]
    return PointInputs({}, init_data(source, {**inputs, declared.over: values}, None, {}, hand), "")


def wrapped(source: Source, points: Sequence[PointInputs], folder: Path) -> tuple[Source, InitData]:
    """Return source and inputs of one run that runs the version's workflow once for each point.

    `folder` gets the version's files and the wrapping workflow.
    """
    varying = _varying(points) or list(points[0].data.values)[:1]  # a scatter over nothing has no scopes
    first = points[0].data
    fixed = {name: value for name, value in first.values.items() if name not in varying}
    for name in source.files:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((source.toplevel / name).read_bytes())
    (folder / WORKFLOW).write_bytes(wrapper(source.path, varying, list(fixed)))
    loaded = load_workflow(WORKFLOW, folder)
    whole = replace(
        source,
        toplevel=folder,
        path=WORKFLOW,
        workflow=loaded.workflow,
        files=(WORKFLOW, *source.files),
        origin={**(source.origin or {}), "scan": {"points": [dict(item.point) for item in points]}},
    )
    return whole, _together(points, varying, fixed)


def _varying(points: Sequence[PointInputs]) -> list[str]:
    """Return the inputs that vary: those in the points' columns, and any others that differ."""
    first = points[0]
    names = [name for name in first.data.values if name in first.point]
    return names + [
        name
        for name, value in first.data.values.items()
        if name not in names and any(item.data.values.get(name) != value for item in points)
    ]


def _together(points: Sequence[PointInputs], varying: Sequence[str], fixed: JsonObject) -> InitData:
    """Return the combined inputs of all points: lists of what varies, and each point's files in a separate folder."""
    files, origins = dict[str, Path](), dict[str, JsonDict]()
    columns: dict[str, list[JsonValue]] = {name: [] for name in varying}
    given: dict[str, list[JsonValue]] = {name: [] for name in varying}
    for index, item in enumerate(points):
        moved = _own_files(item, varying, index)
        for path, place in item.data.files.items():
            files[moved.get(path, path)] = place
        for path, origin in item.data.origins.items():
            origins[moved.get(path, path)] = origin
        logical = {f"{INIT_DIRECTORY}/{path}": f"{INIT_DIRECTORY}/{new}" for path, new in moved.items()}
        for name in varying:
            columns[name].append(_moved(item.data.values[name], logical))
            given[name].append(item.data.given.get(name))
    known = {name: points[0].data.given.get(name) for name in fixed}
    return InitData({**known, **given}, {**fixed, **columns}, files, origins=origins)


def _own_files(item: PointInputs, varying: Sequence[str], index: int) -> dict[str, str]:
    """Return old -> new path of a point's own files, since two points may use the same name."""
    texts = json.dumps([item.data.values[name] for name in varying])
    own = (path for path in item.data.files if json.dumps(f"{INIT_DIRECTORY}/{path}") in texts)
    return {path: f"points/{index}/{path}" for path in own}


def _moved(value: JsonValue, moved: Mapping[str, str]) -> JsonValue:
    if isinstance(value, str):
        return moved.get(value, value)
    if isinstance(value, dict):
        return {name: _moved(item, moved) for name, item in value.items()}
    return [_moved(item, moved) for item in value] if isinstance(value, list) else value
