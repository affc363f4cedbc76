"""The types of results, each with its JSON Schema in `schemas/`, and the results that a version declares."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from recast.counted import counted
from recast.errors import ResultError
from recast.json_types import JsonDict, JsonObject, is_not_finite

__all__ = ["FILE_TYPES", "RESULT_TYPES", "DeclaredResult", "check", "schema"]

RESULT_TYPES = ("cutflow", "efficiency", "file", "limit", "plot", "table", "yields")
FILE_TYPES = frozenset({"file", "plot"})
"""Types whose value is the published file itself, not JSON in it."""


@dataclass(frozen=True, slots=True)
class DeclaredResult:
    """A result that a version declares: its name, its type, and the stage and output that publish it.

    `stage` is a JSONPath over the workflow's stages, as in a dependency: `gather`, `map.reduce`, `map[*].reduce`.
    """

    name: str
    type: str
    stage: str
    output: str
    title: str = ""

    @classmethod
    def from_json(cls, data: JsonObject) -> DeclaredResult:
        """Read a declared result from a version's configuration."""
        return cls(data["name"], data["type"], data["stage"], data["output"], data.get("title", ""))

    def as_json(self) -> dict[str, str]:
        """Return the declared result as a JSON object."""
        return {
            "name": self.name,
            "type": self.type,
            "stage": self.stage,
            "output": self.output,
            "title": self.title,
        }

    @property
    def where(self) -> str:
        """The description of this result in messages."""
        return f"result {self.name}, stage {self.stage}, output {self.output}"


@functools.cache
def schema(result_type: str) -> JsonDict:
    """Return the JSON Schema (2020-12) of a type of result; the caller must not change it."""
    import json

    text = resources.files("recast.results").joinpath("schemas", f"{result_type}.json").read_text("utf-8")
    document: JsonDict = json.loads(text)
    return document


def check(result: JsonObject, where: str) -> None:
    """Raise ResultError unless a result fits the schema of its type and all its numbers are finite."""
    for path in _not_finite(result, ""):
        raise ResultError(
            "A result contains a number that is not finite",
            where=f"{where}, {path}",
            why="NaN and infinity have no meaning in a result; a fit that failed must fail its step with the reason.",
            next_step="recast logs RUN STEP",
        )
    problem = _first_problem(result)
    if problem is not None:
        raise ResultError(
            f"A result does not fit the type {result['type']!r}",
            where=f"{where}, {problem[0] or '/'}",
            why=problem[1],
            next_step="Compare the published file with the schema: recast/results/schemas/",
        )


def _first_problem(result: JsonObject) -> tuple[str, str] | None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    problem = best_match(Draft202012Validator(schema(result["type"])).iter_errors(result))
    if problem is None:
        return _ragged(result) if result["type"] == "table" else None
    return "".join(f"/{part}" for part in problem.absolute_path), problem.message[:500]


def _ragged(table: JsonObject) -> tuple[str, str] | None:
    """Return the fault, if any, that a schema cannot express: each row needs a value for each column."""
    count = len(table["columns"])
    for number, row in enumerate(table["rows"]):
        if len(row) != count:
            return f"/rows/{number}", f"It has {counted(len(row), 'value')} under {counted(count, 'column')}."
    return None


def _not_finite(value: Any, path: str) -> Iterator[str]:
    if is_not_finite(value):
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _not_finite(item, f"{path}/{key}")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _not_finite(item, f"{path}/{index}")
