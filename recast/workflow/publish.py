"""What a step publishes: before it runs where that is known, and after it ran from the files it left."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from recast.errors import SpecError
from recast.jobs import OutputPattern
from recast.spec.model import (
    ConstantPublisher,
    FromGlobPublisher,
    FromJqPublisher,
    FromParametersPublisher,
    FromYamlPublisher,
    InterpolatedPublisher,
    Packtivity,
)
from recast.workflow.globs import has_magic, matches
from recast.workflow.graph import MISSING, Step
from recast.workflow.interpolate import RequestText, fill
from recast.workflow.locate import paths_in

__all__ = ["document_path", "expected_outputs", "known_before_run", "published_by"]


def known_before_run(step: Step) -> Any:
    """Return what the step will publish, or MISSING if that depends on files it has yet to write."""
    packtivity = _packtivity(step)
    publisher = packtivity.publisher
    if isinstance(publisher, (FromParametersPublisher, ConstantPublisher)) or (
        isinstance(publisher, InterpolatedPublisher) and not publisher.glob
    ):
        return published_by(step, (), None)
    return MISSING


def published_by(step: Step, files: Collection[str], document: Any) -> Any:
    """Return what the step publishes, given the files it left (relative) and its parsed YAML file if it has one."""
    publisher = _packtivity(step).publisher
    if isinstance(publisher, FromParametersPublisher):
        return _map_leaves(publisher.outputmap, lambda name: _argument(step, name))
    if isinstance(publisher, ConstantPublisher):
        return publisher.publish
    if isinstance(publisher, InterpolatedPublisher):
        return _map_leaves(publisher.publish, lambda text: _interpolated(step, publisher, text, files))
    if isinstance(publisher, FromYamlPublisher):
        _check_named_files(step, document, files)
        return document
    if isinstance(publisher, FromGlobPublisher):
        found = matches(publisher.globexpression, files)
        return {publisher.outputkey: [f"{step.directory}/{path}" for path in found]}
    kind = "fromparjq-pub" if isinstance(publisher, FromJqPublisher) else "manual-instructions-pub"
    raise SpecError(f"Publisher {kind} is not supported yet", code="spec.unsupported", where=_where(step))


def document_path(step: Step) -> str | None:
    """Return the YAML file that holds the result, relative to the step's directory, if the publisher reads one."""
    publisher = step.packtivity.publisher if step.packtivity else None
    return publisher.yamlfile if isinstance(publisher, FromYamlPublisher) else None


def expected_outputs(step: Step) -> tuple[OutputPattern, ...]:
    """Return the files to keep of the step; those that its publisher names are required."""
    publisher = _packtivity(step).publisher
    if isinstance(publisher, FromYamlPublisher):
        # What the YAML names is not known yet, so everything is kept.
        return (OutputPattern(publisher.yamlfile), OutputPattern("**", required=False))
    if isinstance(publisher, FromGlobPublisher):
        return (OutputPattern(publisher.globexpression, required=False),)
    value = step.published if step.published is not MISSING else published_by(step, (), None)
    patterns: dict[str, OutputPattern] = {}
    for path in paths_in(value):
        if path == step.directory:
            patterns["**"] = OutputPattern("**", required=False)
        elif path.startswith(step.directory + "/"):
            relative = path[len(step.directory) + 1 :].rstrip("/")
            patterns[relative] = OutputPattern(relative)
    return tuple(patterns.values())


def _interpolated(step: Step, publisher: InterpolatedPublisher, text: Any, files: Collection[str]) -> Any:
    if not isinstance(text, str):
        return text
    arguments = step.arguments if isinstance(step.arguments, dict) else {"value": step.arguments}
    bare = {name: str(value) if isinstance(value, RequestText) else value for name, value in arguments.items()}
    value = fill(text, {**bare, "workdir": step.directory}, _where(step))
    if publisher.relative_paths and not value.startswith("/"):
        value = f"{step.directory}/{value}"
    if publisher.glob and value.startswith(step.directory + "/"):
        relative = value[len(step.directory) + 1 :]
        found = matches(relative, files) if has_magic(relative) else [path for path in files if path == relative]
        if found:
            return [f"{step.directory}/{path}" for path in found]
    return RequestText(value) if any(isinstance(item, RequestText) for item in arguments.values()) else value


def _argument(step: Step, name: Any) -> Any:
    if isinstance(step.arguments, dict) and name in step.arguments:
        return step.arguments[name]
    known = ", ".join(step.arguments) if isinstance(step.arguments, dict) else ""
    raise SpecError(
        f"The publisher of {step.id} names the parameter {name!r}, which the stage does not have",
        code="spec.publisher-parameter",
        where=_where(step),
        why=f"Parameters: {known or 'none'}.",
        next_step="name one of the parameters in the publisher's outputmap",
    )


def _check_named_files(step: Step, document: Any, files: Collection[str]) -> None:
    present = set(files)
    for path in paths_in(document):
        relative = path[len(step.directory) + 1 :].rstrip("/")
        if not path.startswith(step.directory + "/") or relative in present:
            continue
        if not any(name.startswith(relative + "/") for name in files) and not has_magic(relative):
            raise SpecError(
                f"Step {step.id} publishes {relative!r}, but left no such file",
                code="step.missing-output",
                where=_where(step),
                next_step="let the step write the file, or take it out of the YAML file that it publishes",
            )


def _map_leaves(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key: _map_leaves(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_map_leaves(item, change) for item in value]
    return change(value)


def _packtivity(step: Step) -> Packtivity:
    assert step.packtivity is not None, f"{step.id} has no packtivity"
    return step.packtivity


def _where(step: Step) -> str:
    position = step.packtivity.position if step.packtivity else None
    return str(position or step.id)
