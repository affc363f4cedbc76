"""Turn what a workflow published into typed results: find, read, complete, check."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from recast.errors import ResultError
from recast.json_types import JsonDict, JsonObject
from recast.results.types import FILE_TYPES, DeclaredResult, check
from recast.results.verdict import is_excluded, verdict
from recast.strictjson import parse_json

__all__ = ["Published", "Read", "completed", "document", "gather"]

Published = Callable[[str, str], Sequence[Any]]
"""(stage, output) -> the published values of all matching steps, in their order; empty if there are none."""

Read = Callable[[str], bytes]
"""Logical path of a published file -> its bytes; raises OSError or a RecastError if it is missing."""

_MEDIA_TYPES = {
    ".csv": "text/csv", ".gif": "image/gif", ".html": "text/html", ".jpg": "image/jpeg", ".json": "application/json",
    ".pdf": "application/pdf", ".png": "image/png", ".svg": "image/svg+xml", ".txt": "text/plain",
    ".yaml": "application/yaml", ".yml": "application/yaml",
}  # fmt: skip
_MAGIC = {".png": b"\x89PNG\r\n\x1a\n", ".pdf": b"%PDF-", ".jpg": b"\xff\xd8\xff", ".gif": b"GIF8"}
_NULLABLE = ("cls_obs", "cls_exp", "mu_ul_obs", "mu_ul_exp")


def gather(declared: Iterable[DeclaredResult], published: Published, read: Read) -> list[JsonDict]:
    """Return the results of a run, in the order declared.

    A published value is the path of a file, a list of paths, or the result itself as an object. For a `plot` or `file`
    the file is the result; for other types it contains JSON: one result or a list of them. `name` and `type` are filled
    in, for a limit also `excluded` and `verdict`. Raises ResultError naming result, stage and output.
    """
    results: list[JsonDict] = []
    for item in declared:
        values = list(_flat(published(item.stage, item.output)))
        if not values:
            raise _missing(item)
        of_files = item.type in FILE_TYPES
        found = _files(item, values, read) if of_files else _objects(item, values, read)
        results += found
    return results


def completed(item: DeclaredResult, value: JsonObject, source: str) -> JsonDict:
    """Return a result that is not a file as `gather` returns it, complete and checked; raises ResultError."""
    return _complete(item, value, source)


def document(
    run: str, analysis: str | None, version: str | None, digest: str | None, results: Sequence[JsonObject]
) -> JsonDict:
    """Return what `recast results RUN -o json` prints: run, analysis, version, digest, results."""
    return {"run": run, "analysis": analysis, "version": version, "digest": digest, "results": list(results)}


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _flat(value)
        else:
            yield value


def _files(item: DeclaredResult, values: Sequence[Any], read: Read) -> list[JsonDict]:
    results = []
    for index, value in enumerate(values):
        path = _path(item, value)
        content = _read(item, path, read)
        suffix = PurePosixPath(path).suffix.lower()
        if not content.startswith(_MAGIC.get(suffix, b"")):
            raise _malformed(item, path, f"it does not start like a {suffix} file")
        stem = item.name if len(values) == 1 else f"{item.name}-{index}"
        results.append(
            {
                "name": item.name,
                "type": item.type,
                "title": item.title,
                "path": path,
                "file": f"files/{stem}{suffix}",
                "sha256": hashlib.sha256(content).hexdigest(),
                "size_bytes": len(content),
                "media_type": _MEDIA_TYPES.get(suffix, "application/octet-stream"),
            }
        )
        check(results[-1], item.where)
    return results


def _objects(item: DeclaredResult, values: Sequence[Any], read: Read) -> Iterator[JsonDict]:
    for value in values:
        source = "the published value" if isinstance(value, Mapping) else _path(item, value)
        found = value if isinstance(value, Mapping) else _json(item, source, read)
        for one in found if isinstance(found, list) else [found]:
            if not isinstance(one, Mapping):
                raise _malformed(item, source, f"an object was expected, not {type(one).__name__}")
            yield _complete(item, one, source)


def _complete(item: DeclaredResult, value: JsonObject, source: str) -> JsonDict:
    result = {"name": item.name, "type": item.type}
    for key, wanted in result.items():
        if value.get(key, wanted) != wanted:
            raise _malformed(item, source, f"its {key} is {value[key]!r}, but {wanted!r} is declared")
    result |= value
    if item.type == "limit":
        return _complete_limit(item, result, source)
    check(result, item.where)
    return result


def _complete_limit(item: DeclaredResult, result: JsonDict, source: str) -> JsonDict:
    """Return a limit with its verdict. It is checked before: the verdict reads its numbers, and is our own."""
    result = {**dict.fromkeys(_NULLABLE), **result}
    check({**result, "excluded": False, "verdict": ""}, item.where)
    excluded = is_excluded(result)
    if result.get("excluded", excluded) != excluded:
        raise _malformed(item, source, f"`excluded` is {result['excluded']}, but its numbers say {excluded}")
    first = {key: result[key] for key in ("name", "type", "point", *_NULLABLE)}
    return {**first, "excluded": excluded, "verdict": verdict(result)} | {
        key: value for key, value in result.items() if key not in (*first, "excluded", "verdict")
    }


def _path(item: DeclaredResult, value: Any) -> str:
    if not isinstance(value, str):
        raise _malformed(item, "the published value", f"a path was expected, not {value!r:.80}")
    return value


def _read(item: DeclaredResult, path: str, read: Read) -> bytes:
    try:
        content = read(path)
    except OSError as problem:
        raise _malformed(item, path, problem.strerror or str(problem)) from problem
    if not content:
        raise _malformed(item, path, "the file is empty")
    return content


def _json(item: DeclaredResult, path: str, read: Read) -> Any:
    try:
        return parse_json(_read(item, path, read))
    except ValueError as problem:
        raise _malformed(item, path, f"not JSON: {problem}") from problem


def _missing(item: DeclaredResult) -> ResultError:
    return ResultError(
        f"The declared result {item.name!r} is missing",
        where=item.where,
        why="No step of this stage published this output.",
        next_step="recast show RUN -o json   (what each step published)",
        code="result.missing",
    )


def _malformed(item: DeclaredResult, source: str, why: str) -> ResultError:
    return ResultError(
        f"The declared result {item.name!r} is malformed",
        where=f"{item.where}, {source}",
        why=why,
        next_step="recast show RUN -o json   (what each step published)",
    )
