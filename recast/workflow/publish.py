"""What a step publishes: before it runs if that is known, and afterwards from its output files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from recast.errors import SpecError
from recast.jobs import RUN_ROOT, OutputPattern
from recast.json_types import JsonObject, JsonValue
from recast.spec.model import (
    ConstantPublisher,
    ContainerEnvironment,
    FromGlobPublisher,
    FromJqPublisher,
    FromParametersPublisher,
    FromYamlPublisher,
    InterpolatedPublisher,
    ManualPublisher,
    Packtivity,
    Publisher,
)
from recast.spec.templates import text_leaves
from recast.workflow.discover import Listing, discovered, has_magic, matches, plain
from recast.workflow.graph import MISSING, Step
from recast.workflow.interpolate import RequestText, as_request, fill, is_request, split
from recast.workflow.locate import paths_in
from recast.workflow.programs import Jq, first, no_jq

__all__ = [
    "check_left",
    "document_path",
    "expected_outputs",
    "is_optional",
    "known_before_run",
    "needs_files",
    "options_said",
    "published_by",
]

_EVERYTHING = OutputPattern(".", required=False)


def needs_files(publisher: Publisher) -> bool:
    """Return whether the result depends on the step's output files, so that it is not known before."""
    if isinstance(publisher, FromJqPublisher):
        # yadage publishes the bare names first, and fails when the files exist.
        return publisher.glob or (publisher.relative_paths and publisher.try_exact)
    if isinstance(publisher, InterpolatedPublisher):
        return publisher.glob
    return not isinstance(publisher, (FromParametersPublisher, ConstantPublisher))


def known_before_run(step: Step, jq: Jq) -> JsonValue:
    """Return what the step will publish, or MISSING if that depends on files it has yet to write."""
    return MISSING if needs_files(_packtivity(step).publisher) else published_by(step, (), None, jq)


def published_by(step: Step, files: Collection[str], document: JsonValue, jq: Jq) -> JsonValue:
    """Return what the step publishes, given its output files (relative paths) and its parsed YAML file, if any."""
    publisher = _packtivity(step).publisher
    if isinstance(publisher, FromParametersPublisher):
        return _map_leaves(publisher.outputmap, lambda name: _argument(step, name))
    if isinstance(publisher, ConstantPublisher):
        return publisher.publish
    if isinstance(publisher, InterpolatedPublisher):
        value = _map_leaves(publisher.publish, lambda text: _filled(step, publisher, text))
        return _map_leaves(value, lambda text: _globbed(step, text, files)) if publisher.glob else value
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
    """Return the YAML file that contains the result, relative to the step's directory, if the publisher reads one."""
    publisher = step.packtivity.publisher if step.packtivity else None
    return plain(publisher.yamlfile) if isinstance(publisher, FromYamlPublisher) else None


def expected_outputs(step: Step) -> tuple[OutputPattern, ...]:
    """Return the files to keep of the step; those that its publisher names are required."""
    publisher = _packtivity(step).publisher
    if isinstance(publisher, FromYamlPublisher):
        # The files that the YAML names are not known yet, so everything is kept.
        return (OutputPattern(publisher.yamlfile), _EVERYTHING)
    if isinstance(publisher, FromGlobPublisher):
        return (OutputPattern(publisher.globexpression, required=False),)
    if isinstance(publisher, (FromJqPublisher, ManualPublisher)) and needs_files(publisher):
        return (_EVERYTHING,)
    if isinstance(publisher, InterpolatedPublisher) and publisher.glob:
        return tuple(map(OutputPattern, dict.fromkeys(_patterns(step, publisher))))
    value = step.published if step.published is not MISSING else published_by(step, (), None, no_jq)
    patterns: dict[str, OutputPattern] = {}
    for whole in _ambiguous(step, value):
        patterns.update(
            {
                path: OutputPattern(path, required=False)
                for path in (whole, *_own_paths(step, f"{step.directory}/{whole}"))
            }
        )
    for path in _own_paths(step, value):
        if not path:
            patterns["."] = _EVERYTHING
        else:
            patterns.setdefault(path, OutputPattern(path))
    return tuple(patterns.values())


def check_left(step: Step, files: Collection[str]) -> None:
    """Raise SpecError if no output file matches a published text with characters such as `=` and `,`.

    `{workdir}/mass=100.root` is a file, `{workdir}/f.root:tree` refers to one: only the outputs tell which.
    """
    known = Listing(files)
    for whole in _ambiguous(step, step.published):
        meant = [
            path for path in _own_paths(step, f"{step.directory}/{whole}") if not is_optional(path, options_said(step))
        ]
        lacking = [path for path in meant if not known.exists(path) and not known.matches(path)]
        if lacking and not known.exists(whole) and not is_optional(whole, options_said(step)):
            raise SpecError(
                f"Step {step.id} publishes {whole!r}, but wrote neither this file nor {lacking[0]!r}",
                code="step.missing-output",
                where=step.where,
                next_step="make the step write the file, or declare it in `optional_outputs`",
            )


def _ambiguous(step: Step, value: JsonValue) -> Iterator[str]:
    """Yield the texts, relative to the step's directory, that may be one path or a path followed by something else."""
    publisher = _packtivity(step).publisher
    if needs_files(publisher) or value is MISSING:
        return
    for text in text_leaves(value):
        whole = text[len(step.directory) + 1 :]
        if not text.startswith(step.directory + "/") or text.count(RUN_ROOT) != 1 or ".." in whole.split("/"):
            continue
        if [*paths_in(text)] != [text]:
            yield whole


def _own_paths(step: Step, value: JsonValue) -> Iterator[str]:
    """Yield the paths that a value names in the step's own directory, relative to it."""
    for path in paths_in(value):
        if path == step.directory or path.startswith(step.directory + "/"):
            yield path[len(step.directory) + 1 :].rstrip("/")


def options_said(step: Step) -> JsonObject:
    """Return the `recast:` options of a step in the spec: the stage's take precedence over its environment's."""
    environment = step.packtivity.environment if step.packtivity else None
    of_environment = environment.options if isinstance(environment, ContainerEnvironment) else {}
    return {**of_environment, **(step.stage.options if step.stage else {})}


def is_optional(output: str, options: JsonObject) -> bool:
    """Return whether one of the `optional_outputs` matches an output: by name, as a parent folder, or as a pattern."""
    optional = options.get("optional_outputs", ())
    return output in optional or any(matches(pattern, [plain(output)]) for pattern in optional)


def _filled(step: Step, publisher: InterpolatedPublisher, text: JsonValue) -> JsonValue:
    if not isinstance(text, str):
        return text
    positional, named = split(step.arguments)
    bare = {name: _bare(value) for name, value in named.items()}
    value = fill(text, {**bare, "workdir": step.directory}, step.where, [*map(_bare, positional)])
    if publisher.relative_paths and not value.startswith("/"):
        value = f"{step.directory}/{value}"
    tainted = any(isinstance(item, RequestText) for item in [*positional, *named.values()])
    return RequestText(value) if tainted else value


def _patterns(step: Step, publisher: InterpolatedPublisher) -> Iterator[str]:
    """Yield the patterns of a publisher with `glob` in the step's own directory, relative to it."""
    for text in text_leaves(_map_leaves(publisher.publish, lambda text: _filled(step, publisher, text))):
        for path in [text] if text.startswith(RUN_ROOT + "/") else paths_in(text):
            if path == step.directory or path.startswith(step.directory + "/"):
                yield path[len(step.directory) + 1 :] or "."


def _globbed(step: Step, text: JsonValue, files: Collection[str]) -> JsonValue:
    """Return the list of paths that a pattern below the run matches; what is not a path of the run stays unchanged.

    A pattern itself is never published, since the receiver would take it for a file. Raises SpecError.
    """
    if not isinstance(text, str) or not text.startswith("/" if has_magic(str(text)) else RUN_ROOT + "/"):
        return text
    if text == step.directory:
        return [text]
    folder = _folder_of(step, text, files)
    found = [f"{folder[0]}/{path}" for path in matches(text[len(folder[0]) + 1 :], folder[1])] if folder else []
    if not found and not (folder and is_optional(text[len(folder[0]) + 1 :], options_said(step))):
        raise SpecError(
            f"Step {step.id} publishes {text!r}, which matches no file",
            code="step.missing-output",
            where=step.where,
            next_step="make the step write the file, or name the pattern in `optional_outputs`: then the list is empty",
        )
    return found


def _folder_of(step: Step, text: str, files: Collection[str]) -> tuple[str, Collection[str]] | None:
    """Return the directory that contains a path and the files in it: that of the step, or of an upstream step."""
    todo, seen = [step], {step}
    while todo:
        other = todo.pop()
        if text.startswith(other.directory + "/"):
            return other.directory, files if other is step else other.outputs
        new = set(other.depends_on) - seen
        todo += new
        seen |= new
    return None


def _bare(value: JsonValue) -> JsonValue:
    return str(value) if isinstance(value, RequestText) else value


def _from_jq(step: Step, publisher: FromJqPublisher, files: Collection[str], jq: Jq) -> JsonValue:
    """Return the program's output for the parameters; strings that name files of the step become their paths."""
    if publisher.script.strip() == ".":
        result = step.arguments
    else:
        result = first(jq, publisher.script, step.arguments, step.where)
        result = as_request(result) if is_request(step.arguments) else result
    if not needs_files(publisher):
        return result
    if not publisher.relative_paths:
        return _map_leaves(result, lambda text: _exact_or_globbed(step, publisher, text, files))
    return discovered(result, step.directory, files, patterns=publisher.glob, exact=publisher.try_exact)


def _exact_or_globbed(step: Step, publisher: FromJqPublisher, text: JsonValue, files: Collection[str]) -> JsonValue:
    own = isinstance(text, str) and text.startswith(step.directory + "/")
    if publisher.try_exact and own and Listing(files).exists(text[len(step.directory) + 1 :]):
        return text
    return _globbed(step, text, files) if isinstance(text, str) and has_magic(text) else text


def _argument(step: Step, name: JsonValue) -> JsonValue:
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


def _check_named_files(step: Step, document: JsonValue, files: Collection[str]) -> None:
    known = Listing(files)
    for path in paths_in(document):
        relative = path[len(step.directory) + 1 :].rstrip("/")
        if not path.startswith(step.directory + "/") or relative in files:
            continue
        if not known.exists(relative) and not has_magic(relative):
            raise SpecError(
                f"Step {step.id} publishes {relative!r}, but wrote no such file",
                code="step.missing-output",
                where=step.where,
                next_step="make the step write the file, or remove it from the YAML file that it publishes",
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
