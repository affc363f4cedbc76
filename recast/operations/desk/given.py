"""Answers that were computed elsewhere: their results are completed and checked like those of a run of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recast.errors import InputError, ResultError
from recast.json_types import JsonDict, JsonObject
from recast.results.gather import completed
from recast.results.types import FILE_TYPES, RESULT_TYPES, DeclaredResult

__all__ = ["checked_answer"]

_TYPES = tuple(kind for kind in RESULT_TYPES if kind not in FILE_TYPES)
_MOST_RESULTS = 200
_LONGEST_NAME = 100


def checked_answer(data: JsonObject) -> JsonObject:
    """Return the data of an answer with its results as a run of ours gives them: a limit has its verdict.

    A limit needs no `point` of its own. Raises InputError (`answer.results`) with the fault of every result that does
    not fit the schema of its type. What is not about results is left to the desk.
    """
    results = data.get("results")
    if not isinstance(results, (list, tuple)) or not results:
        return data
    faults: list[str] = []
    found = list(_completed(results[:_MOST_RESULTS], faults))
    if len(results) > _MOST_RESULTS:
        faults.append(f"an answer has at most {_MOST_RESULTS} results")
    if faults:
        raise InputError(
            "The results of the answer do not fit",
            why="\n".join(faults),
            next_step="Compare them with docs/reference/result-schemas.md.",
            code="answer.results",
        )
    return {**data, "results": found}


def _completed(results: Any, faults: list[str]) -> Iterator[JsonDict]:
    for number, result in enumerate(results, 1):
        if fault := _fault(result):
            faults.append(f"result {number} {fault}")
            continue
        declared = DeclaredResult(result["name"], result["type"], "elsewhere", result["name"])
        try:
            yield completed(declared, _with_point(result), f"result {number}")
        except ResultError as problem:
            faults.append(f"result {number} ({problem.where}): {problem.why or problem.what}")


def _with_point(result: JsonObject) -> JsonObject:
    return {"point": {}, **result} if result["type"] == "limit" else result


def _fault(result: Any) -> str:
    if not isinstance(result, Mapping):
        return "is not an object"
    if result.get("type") not in _TYPES:
        return f"has no `type` of {', '.join(_TYPES)}"
    name = result.get("name")
    return "" if isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME else "has no `name`"
