"""REANA's `reana.yaml`, which names a workflow, its inputs and their files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from recast.errors import SpecError
from recast.json_types import JsonDict, JsonObject, JsonValue

__all__ = ["REANA", "Reana", "is_reana", "only_names_one", "reana_of"]

REANA = "spec.reana"
"""The code of the error that says that a file is not a workflow, but names one."""


@dataclass(frozen=True, slots=True)
class Reana:
    """The yadage workflow in a `reana.yaml`; paths are relative to its folder and stay inside it."""

    file: str
    toplevel: str | None
    initdir: str
    parameters: JsonObject


def is_reana(value: JsonValue) -> bool:
    """Return whether a document is a specification of REANA rather than a workflow."""
    return isinstance(value, dict) and "stages" not in value and isinstance(value.get("workflow"), dict)


def only_names_one(name: str, path: str) -> SpecError:
    """Return the error that says that a file is a REANA specification, which is not a workflow but names one."""
    return SpecError(
        f"{name} is a specification of REANA, not a workflow",
        where=name,
        why="It names a workflow, which is a file of its own.",
        next_step=f"recast run {path}   (other commands take the workflow's file that it names)",
        code=REANA,
    )


def reana_of(value: JsonValue, where: str) -> Reana:
    """Parse a specification; raise SpecError for another type of workflow, and for paths that lead out."""
    workflow = value["workflow"]
    kind = workflow.get("type")
    if kind != "yadage":
        raise SpecError(
            f"{where} describes a workflow of type {kind!s:.40}",
            where=where,
            why="Only yadage's language is run here; serial, cwl and snakemake workflows are not.",
            next_step="reana-client run, or write its steps as stages: docs/reference/language.md",
            code="spec.language",
        )
    inputs = value.get("inputs") or {}
    options = {**_map(_map(inputs, where).get("options"), where), **_map(workflow.get("options"), where)}
    toplevel = options.get("toplevel")
    return Reana(
        _inside(workflow.get("file"), "workflow/file", where),
        None if toplevel is None else _inside(toplevel, "options/toplevel", where),
        _inside(options.get("initdir", "."), "options/initdir", where),
        _map(inputs.get("parameters"), where),
    )


def _map(value: JsonValue, where: str) -> JsonDict:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise SpecError("A map is missing in this specification of REANA", where=where, why=f"It says {value!r:.80}.")
    return value


def _inside(value: JsonValue, key: str, where: str) -> str:
    path = PurePosixPath(value) if isinstance(value, str) and value and "\0" not in value else None
    if path is None or path.is_absolute() or ".." in path.parts:
        raise SpecError(
            f"{key} of this specification of REANA is not a path below its folder",
            where=where,
            why=f"It says {value!r:.80}.",
            next_step="write a relative path without '..'",
        )
    return str(path)
