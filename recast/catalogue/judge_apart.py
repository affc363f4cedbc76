"""Evaluate an untrusted schema: here if it is simple, else in a separate process with a time limit."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from recast.apart import ask_apart
from recast.errors import InfrastructureError, InputError
from recast.inputs.faults import Fault, fault_of_schema, faults_of_many, schema_faults
from recast.inputs.plain import is_plain
from recast.json_types import JsonDict, JsonObject

__all__ = ["judge_inputs", "judge_many", "judge_schema"]

MOST_CPU_S = 0.5
"""CPU time for an evaluation, besides what large inputs take."""
_CPU_S_PER_BYTE = 5e-6
_CHILD = Path(__file__).with_name("judge_child.py")


def judge_inputs(inputs: JsonObject, schema: JsonObject) -> list[Fault]:
    """Return the faults that a schema finds in inputs; raise InputError if this takes too long.

    The time limit grows on a slow machine. Raises InfrastructureError if the process cannot be started.
    """
    if is_plain(schema, inputs):
        return list(schema_faults(inputs, schema))
    return [Fault(*fault) for fault in _asked({"schema": schema, "inputs": inputs})["faults"]]


def judge_many(many: Sequence[JsonObject], schema: JsonObject) -> list[list[Fault]]:
    """Return the faults that a schema finds in each of several inputs; what is not simple is judged in one process.

    Raises as `judge_inputs` does.
    """
    here = [index for index, inputs in enumerate(many) if is_plain(schema, inputs)]
    found = dict(zip(here, faults_of_many([many[index] for index in here], schema), strict=True))
    apart = [index for index in range(len(many)) if index not in found]
    if apart:
        said = _asked({"schema": schema, "many": [many[index] for index in apart]})["many"]
        found |= {index: [Fault(*fault) for fault in each] for index, each in zip(apart, said, strict=True)}
    return [found[index] for index in range(len(many))]


def judge_schema(schema: JsonObject) -> str:
    """Return what is wrong with a schema itself, or an empty string."""
    try:
        return fault_of_schema(schema) if is_plain(schema) else str(_asked({"schema": schema})["fault"])
    except InputError as problem:
        return problem.why


def _asked(request: JsonObject) -> JsonDict:
    content = json.dumps(request, default=str).encode()
    most_cpu_s = MOST_CPU_S + len(content) * _CPU_S_PER_BYTE
    said = ask_apart(_CHILD, content, most_cpu_s, _not_judged) or {"error": "It takes too much CPU time or memory."}
    if "error" in said:
        raise InputError(
            "The inputs cannot be checked with the schema of the inputs",
            why=f"{said['error']} A pattern such as ^(a+)+$ or references in circles do that.",
            next_step="Simplify the schema: patterns without repetitions inside of repetitions, no `$ref` in circles.",
            code="inputs.schema",
        )
    return said


def _not_judged(why: str) -> InfrastructureError:
    """Return the error for a process that could not do its work, which is not the schema's fault."""
    return InfrastructureError(
        "The process that checks inputs with the schema does not work",
        where=f"{sys.executable} {_CHILD}",
        why=why,
        next_step="recast doctor, then try again when this machine is less busy",
    )
