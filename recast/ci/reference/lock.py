"""Read and write `reference.lock.json`."""

from __future__ import annotations

import json
import re
from pathlib import Path

from recast.atomic import replace_file
from recast.ci.reference.model import LOCK_NAME, SCHEMA, Accepted, Reference, ReferenceRun
from recast.errors import SpecError, StoreError
from recast.json_types import JsonObject, JsonValue, is_finite
from recast.plainfile import read_plain
from recast.strictjson import parse_json

__all__ = ["read_reference", "write_reference"]

_MOST_BYTES = 16 << 20
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def read_reference(path: Path) -> Reference | None:
    """Return the reference in a file, None if there is no file; raise SpecError for one that is malformed."""
    try:
        return _from_json(parse_json(read_plain(path, _MOST_BYTES, links=False)))
    except FileNotFoundError:
        return None
    except OSError as problem:
        why = problem.strerror or str(problem)
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        why = f"{type(problem).__name__}: {problem}"
    raise SpecError(
        f"{path.name} cannot be read",
        where=str(path),
        why=why,
        next_step=f"restore it from version control: git checkout ORIGIN/BRANCH -- {LOCK_NAME}",
        code="ci.reference",
    )


def write_reference(path: Path, reference: Reference) -> None:
    """Write a reference, atomically; raise StoreError."""
    try:
        replace_file(path, json.dumps(reference.as_json(), indent=1, ensure_ascii=False).encode() + b"\n")
    except OSError as problem:
        raise StoreError.of(problem, "The reference cannot be written", path, "make the folder writable") from problem


def _from_json(document: JsonValue) -> Reference:
    if document["schema"] != SCHEMA:
        raise ValueError(f"its schema is {document['schema']!r:.20}, and this program reads {SCHEMA}")
    commit, registry = document.get("commit"), document.get("registry")
    return Reference(
        analysis=_text(document["analysis"]),
        commit=_matching(_COMMIT, commit) if commit is not None else None,
        runs={_text(name): _run(run) for name, run in document["runs"].items()},
        accepted=tuple(_accepted(item) for item in document.get("accepted", [])),
        registry=_text(registry) if registry is not None else None,
    )


def _run(data: JsonObject) -> ReferenceRun:
    control = data.get("control")
    stages = {_text(name): tuple(map(_digest, digests)) for name, digests in data.get("stages", {}).items()}
    return ReferenceRun(
        _digest(data["version"]), _digest(data["results"]), stages, _digest(control) if control is not None else None
    )


def _accepted(data: JsonObject) -> Accepted:
    delta = data.get("delta")
    if delta is not None and not is_finite(delta):
        raise ValueError(f"{delta!r:.40} is not a number")
    return Accepted(
        _text(data["quantity"]), _text(data["why"]), str(data.get("by", "")), str(data.get("at", "")), delta
    )


def _digest(value: JsonValue) -> str:
    return _matching(_DIGEST, value)


def _matching(pattern: re.Pattern[str], value: JsonValue) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"{value!r:.90} is not what belongs there")
    return value


def _text(value: JsonValue) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r:.40} is not a text")
    return value
