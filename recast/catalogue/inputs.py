"""Checking a user's inputs against the schema of a version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["check_inputs", "check_schema"]


def check_schema(schema: Mapping[str, Any]) -> str:
    """Return what is wrong with a JSON Schema (2020-12) for inputs, or an empty string.

    A `$ref` must stay inside the document; `format` and unknown keywords are let pass, as the standard wants.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as problem:
        return f"{_pointer(problem.absolute_path)}: {problem.message}"
    outside = [ref for ref in _references(schema) if not ref.startswith("#")]
    if outside:
        return f"the $ref {outside[0]!r} points outside the document"
    if schema.get("type") != "object":
        return '/type: inputs are an object, so the schema must say "type": "object"'
    return ""


def check_inputs(inputs: Mapping[str, Any], schema: Mapping[str, Any], whose: str) -> None:
    """Raise InputError with everything that does not fit: the place, what was found, and what is allowed there."""
    from recast.inputs.faults import faults_of, raise_faults

    raise_faults(faults_of(inputs, schema), whose)


def _pointer(path: Any) -> str:
    return "".join(f"/{part}" for part in path) or "/"


def _references(node: Any) -> list[str]:
    if isinstance(node, Mapping):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for value in node.values() for ref in _references(value)]
    return [ref for item in node for ref in _references(item)] if isinstance(node, list) else []
