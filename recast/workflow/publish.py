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
    ManualPublisher,
    Packtivity,
    Publisher,
)
from recast.workflow.discover import discovered
from recast.workflow.globs import has_magic, matches
from recast.workflow.graph import MISSING, Step
from recast.workflow.interpolate import RequestText, as_request, fill, is_request, split
from recast.workflow.locate import paths_in
from recast.workflow.programs import Jq, first, no_jq

__all__ = ["document_path", "expected_outputs", "known_before_run", "needs_files", "published_by"]


def needs_files(publisher: Publisher) -> bool:
    """Say whether the result depends on the files that the step leaves, so that it is not known before."""
    if isinstance(publisher, FromJqPublisher):
        # yadage publishes the bare names first, and fails when the files are there.
        return publisher.glob or (publisher.relative_paths and publisher.try_exact)
    if isinstance(publisher, InterpolatedPublisher):
        return publisher.glob
    return not isinstance(publisher, (FromParametersPublisher, ConstantPublisher))


def known_before_run(step: Step, jq: Jq) -> Any:
    """Return what the step will publish, or MISSING if that depends on files it has yet to write."""
    return MISSING if needs_files(_packtivity(step).publisher) else published_by(step, (), None, jq)


def published_by(step: Step, files: Collection[str], document: Any, jq: Jq) -> Any:
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
    if isinstance(publisher, FromJqPublisher):
        return _from_jq(step, publisher, files, jq)
    return document


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
    if isinstance(publisher, (FromJqPublisher, ManualPublisher)) and needs_files(publisher):
        return (OutputPattern("**", required=False),)
    value = step.published if step.published is not MISSING else published_by(step, (), None, no_jq)
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
    positional, named = split(step.arguments)
    bare = {name: _bare(value) for name, value in named.items()}
    value = fill(text, {**bare, "workdir": step.directory}, step.where, [*map(_bare, positional)])
    if publisher.relative_paths and not value.startswith("/"):
        value = f"{step.directory}/{value}"
    if publisher.glob and value.startswith(step.directory + "/"):
        relative = value[len(step.directory) + 1 :]
        found = matches(relative, files) if has_magic(relative) else [path for path in files if path == relative]
        if found:
            return [f"{step.directory}/{path}" for path in found]
    tainted = any(isinstance(item, RequestText) for item in [*positional, *named.values()])
    return RequestText(value) if tainted else value


def _bare(value: Any) -> Any:
    return str(value) if isinstance(value, RequestText) else value


def _from_jq(step: Step, publisher: FromJqPublisher, files: Collection[str], jq: Jq) -> Any:
    """Return what the program makes of the parameters; strings that name files of the step become their paths."""
    if publisher.script.strip() == ".":
        result = step.arguments
    else:
        result = first(jq, publisher.script, step.arguments, step.where)
        result = as_request(result) if is_request(step.arguments) else result
    if not needs_files(publisher):
        return result
    if not publisher.relative_paths:
        return _map_leaves(result, lambda value: _globbed(step, value, files))
    return discovered(result, step.directory, files, patterns=publisher.glob)


def _globbed(step: Step, value: Any, files: Collection[str]) -> Any:
    """Return the paths that a pattern below the step's directory matches, or the value itself."""
    below = step.directory + "/"
    if not isinstance(value, str) or not value.startswith(below) or not has_magic(value):
        return value
    return [below + path for path in matches(value[len(below) :], files)] or value


def _argument(step: Step, name: Any) -> Any:
    if isinstance(step.arguments, dict) and name in step.arguments:
        return step.arguments[name]
    known = ", ".join(step.arguments) if isinstance(step.arguments, dict) else ""
    raise SpecError(
        f"The publisher of {step.id} names the parameter {name!r}, which the stage does not have",
        code="spec.publisher-parameter",
        where=step.where,
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
                where=step.where,
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
