"""The results named by a recast-atlas entry: files of the finished run, by their path in it."""

from __future__ import annotations

from recast.errors import ResultError, SpecError, StoreError
from recast.jobs import RUN_ROOT
from recast.json_types import JsonDict, JsonObject, JsonValue
from recast.runs.open_run import OpenRun
from recast.spec.source import parse
from recast.store import ArtifactStore
from recast.workflow.locate import artifacts_of, owner_of

__all__ = ["entry_results"]

MOST_VALUE_BYTES = 1 << 20


def entry_results(live: OpenRun, store: ArtifactStore) -> JsonDict | None:
    """Return `{run, analysis, results: [{name, type: file, path, value}]}`, None if the run's entry names none.

    `value` is the file's text, or its parsed YAML if the entry sets `load_yaml`. Raises ResultError for a file that the
    run did not produce.
    """
    entry = (live.request.origin or {}).get("entry") or {}
    if not entry.get("results") or live.engine.state != "succeeded":
        return None
    results = [_result(item, live, store) for item in entry["results"]]
    body = {"run": live.request.run, "analysis": entry["name"], "version": None, "digest": None, "results": results}
    return {**body, "overrides": live.request.overrides} if live.request.overrides else body


def _result(item: JsonObject, live: OpenRun, store: ArtifactStore) -> JsonDict:
    path = item["relpath"]
    content = _read(path, live, store)
    if content is None:
        raise ResultError(
            f"The result {item['name']!r} is missing",
            where=f"run {live.request.run}, {path}",
            why="No step of the run produced this file.",
            next_step=f"recast show {live.request.run}   (fix `results` in the entry, or the workflow)",
        )
    text = content.decode(errors="replace")
    return {"name": item["name"], "type": "file", "path": path, "value": _value(text, path, item["load_yaml"])}


def _value(text: str, path: str, load_yaml: bool) -> JsonValue:
    if not load_yaml:
        return text
    try:
        return parse(text, path).value
    except SpecError as problem:
        raise ResultError("A result is not valid YAML", where=problem.where, why=problem.what) from problem


def _read(path: str, live: OpenRun, store: ArtifactStore) -> bytes | None:
    """Return a file's bytes from the store, which also has the files of cached steps; None if no step produced it."""
    owner = owner_of(f"{RUN_ROOT}/{path}", live.engine.expansion.directories)
    found = artifacts_of(*owner) if owner and owner[1] else []
    if len(found) != 1:
        return None
    try:
        return store.read(found[0].digest, MOST_VALUE_BYTES)
    except StoreError as problem:
        raise ResultError("A result cannot be read", where=path, why=problem.why or problem.what) from problem
