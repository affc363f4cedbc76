"""Check a user's inputs against the schema of a version."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Any

from recast.json_types import JsonObject

if TYPE_CHECKING:
    from recast.inputs.faults import Fault

__all__ = ["check_inputs", "check_offered_files", "check_schema", "input_faults"]

_FILES = "Takes: bundle:PATH for a file of the version, or a URL followed by #sha256=...."


def check_schema(schema: JsonObject) -> str:
    """Return what is wrong with a JSON Schema (2020-12) for inputs, or an empty string.

    A `$ref` must stay inside the document; `format` and unknown keywords are ignored, as the standard requires.
    """
    from recast.catalogue.judge_apart import judge_schema

    if fault := judge_schema(schema):
        return fault
    outside = [ref for ref in _references(schema) if not ref.startswith("#")]
    if outside:
        return f"the $ref {outside[0]!r} points outside the document"
    if schema.get("type") != "object":
        return '/type: inputs are an object, so the schema must say "type": "object"'
    return ""


def check_inputs(inputs: JsonObject, schema: JsonObject, whose: str) -> None:
    """Raise InputError with everything that does not fit: the location, what was found, and what is allowed there."""
    from recast.inputs.faults import raise_faults

    raise_faults(input_faults(inputs, schema), whose)


def input_faults(inputs: JsonObject, schema: JsonObject) -> list[Fault]:
    """Return everything that does not fit; raise InputError for a schema that takes too long to evaluate."""
    from recast.catalogue.judge_apart import judge_inputs
    from recast.inputs.faults import faults_of

    return faults_of(inputs, schema, judge_inputs)


def check_offered_files(inputs: JsonObject, schema: JsonObject, files: Container[str], whose: str) -> None:
    """Raise InputError unless each file in an example's inputs is in the bundle, or has a checksum."""
    from recast.inputs.faults import Fault, raise_faults
    from recast.inputs.filevalue import file_places, parse_file

    faults = []
    for place in file_places(schema, inputs):
        value = parse_file(place.value)
        if value.kind == "local":
            faults.append(Fault(place.pointer, f"{value.location!r} is a file of your machine", _FILES))
        elif value.kind == "remote" and not value.sha256:
            faults.append(Fault(place.pointer, "a remote file has no checksum", _FILES))
        elif value.kind == "bundle" and value.location not in files:
            faults.append(Fault(place.pointer, f"the version contains no file {value.location!r}", _FILES))
    raise_faults(faults, whose)


def _references(node: Any) -> list[str]:
    if isinstance(node, Mapping):
        own = [node[key] for key in ("$ref", "$dynamicRef") if isinstance(node.get(key), str)]
        return own + [ref for value in node.values() for ref in _references(value)]
    return [ref for item in node for ref in _references(item)] if isinstance(node, list) else []
