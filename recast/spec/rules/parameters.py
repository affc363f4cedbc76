"""Rules on what goes into a step and comes out of it: placeholders, published parameters, unused ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from string import Formatter

from recast.json_types import JsonValue
from recast.spec.findings import Finding
from recast.spec.model import (
    ContainerEnvironment,
    FromJqPublisher,
    FromParametersPublisher,
    InterpolatedPublisher,
    Packtivity,
    Position,
    Selector,
    Workflow,
)
from recast.spec.rules.context import INIT, StageView, packtivities, sub_workflows
from recast.spec.templates import TemplateError, placeholders, text_leaves
from recast.suggest import did_you_mean

__all__ = ["commands", "parameter_values", "published_parameters", "published_templates", "unused"]

_FOLDER = re.compile(r"workdir|readdir\d+|\d*")
"""What a parameter's value may have in braces; positional fields stay as they are."""

_NAME = re.compile(r"[^\W\d]\w*")
_WIDEST = re.compile(r"\d{6,}|[{}]")
"""What a run refuses in a format: widths of 100000 and more, placeholders in it."""

_BRACES = "For a brace of the shell, awk or ROOT write {{ or }}."
_KEYS = {"command": "cmd", "script": "script"}


def commands(view: StageView) -> Iterator[Finding]:
    """A placeholder in a command or script without a parameter of that name."""
    for packtivity in packtivities(view.stage):
        process = packtivity.process
        if process is None or process.kind not in _KEYS:
            continue
        key = _KEYS[process.kind]
        position = view.in_packtivity(packtivity, "process", key)
        yield from _undefined(view, process.template, key, position)


def published_templates(view: StageView) -> Iterator[Finding]:
    """A placeholder in an interpolated publisher that is neither a parameter nor `{workdir}`."""
    for packtivity in packtivities(view.stage):
        publisher = packtivity.publisher
        if isinstance(publisher, InterpolatedPublisher):
            position = view.in_packtivity(packtivity, "publisher", "publish")
            for text in text_leaves(publisher.publish):
                yield from _undefined(view, text, "publish", position, ("workdir",))


def published_parameters(view: StageView) -> Iterator[Finding]:
    """A frompar publisher that names a parameter which the stage does not have."""
    if view.stage.jq is not None:
        return
    for packtivity in packtivities(view.stage):
        if not isinstance(packtivity.publisher, FromParametersPublisher):
            continue
        for output, name in packtivity.publisher.outputmap.items():
            for leaf in _leaves(name):
                if leaf not in view.stage.parameters:
                    yield view.found(
                        "unknown-parameter",
                        f"The output {output!r} is taken from {leaf!r}, which is not a parameter "
                        f"of {view.stage.name!r}",
                        view.in_packtivity(packtivity, "publisher", "outputmap", output),
                        why=f"The stage stands at {view.at('name')}.",
                        next_step=did_you_mean(str(leaf), view.stage.parameters, what="parameters"),
                    )


def parameter_values(view: StageView) -> Iterator[Finding]:
    """Braces in the value of a parameter: only the folders of the step are known there."""
    enters = bool(sub_workflows(view.stage))
    for name, value in view.stage.parameters.items():
        for text in text_leaves(value):
            fields, wrong = _fields(text)
            unknown = [field for field in fields if not _FOLDER.fullmatch(field)]
            if wrong or unknown:
                what = f"The value of the parameter {name!r} " + (
                    wrong or f"has the unknown placeholder {unknown[0]!r}"
                )
                why = "A value may hold {workdir} and {readdir0}, {readdir1}, ..., but no other parameters."
                yield view.found("placeholder", what, view.at_parameter(name), why=why, next_step=_BRACES)
            elif "workdir" in fields and enters:
                yield view.found(
                    "workdir",
                    f"The parameter {name!r} hands {{workdir}} into a sub-workflow, which has no work directory",
                    view.at_parameter(name),
                    next_step="Build the path in a stage of the sub-workflow.",
                    severity="warning" if packtivities(view.stage) else "error",
                )


def unused(view: StageView) -> Iterator[Finding]:
    """A parameter that nothing in the stage's body reads."""
    if view.stage.jq is not None or view.stage.body is None:
        return
    used = set(view.stage.scatter.parameters if view.stage.scatter else ())
    reads = [*map(_read, packtivities(view.stage)), *map(_read_by_workflow, sub_workflows(view.stage))]
    if None in reads or _init_is_read(view):
        return
    used = used.union(*(read for read in reads if read is not None))
    for name in view.stage.parameters:
        if name not in used:
            what = f"The parameter {name!r} of the stage {view.stage.name!r} is never used"
            remedy = did_you_mean(name, used - set(view.stage.parameters)) or "Remove it."
            yield view.found("unused-parameter", what, view.at_parameter(name), next_step=remedy, severity="warning")


def _init_is_read(view: StageView) -> bool:
    """Return whether another stage may read the parameters back from the `init` of this stage's sub-workflow."""
    return any(path.startswith((view.stage.name, "*", "$")) for path in view.scope.paths_to_inner_inits)


def _undefined(
    view: StageView, template: str, key: str, position: Position, extra: Iterable[str] = ()
) -> Iterator[Finding]:
    """Return the placeholders of a template that the stage has no parameter for."""
    known = {*view.stage.parameters, *extra}
    stray = _stray(template, None if view.stage.jq is not None else known)
    if stray:
        yield view.found("stray-brace", f"{key} has {stray}", position, next_step=_BRACES, excerpt=_inside(stray))
        return
    fields, wrong = _fields(template)
    if wrong:
        yield view.found("template", f"{key} {wrong}", position, next_step=_BRACES)
    elif view.stage.jq is None:
        for field in dict.fromkeys(fields):
            if field not in known:
                yield view.found(
                    "placeholder",
                    f"{key} has the placeholder {{{field}}}, but the stage {view.stage.name!r} has no such parameter",
                    position,
                    why=f"The stage stands at {view.at('name')}.",
                    next_step=" ".join(filter(None, [did_you_mean(field, known, what="parameters"), _BRACES])),
                    excerpt=f"{{{field}",
                )


def _stray(template: str, known: set[str] | None) -> str:
    """Return what shows that a brace is not meant as a placeholder, '' if nothing; `known` are the parameters."""
    try:
        fields = [(before, name) for before, name, _, _ in Formatter().parse(template) if name is not None]
    except ValueError as problem:
        return f"a brace without its partner: {problem}"
    for before, name in fields:
        head = re.split(r"[.\[]", name)[0]
        if before.endswith("$") and known is not None and head not in known:
            return f"the shell variable ${{{name}}}, whose braces must be doubled"
        if not _NAME.fullmatch(head):
            return f"the stray brace {{{' '.join(name.split())[:40]}}}"
    return ""


def _inside(stray: str) -> str:
    """Return the text of the brace as it stands in the file, to find its line."""
    start = stray[stray.index("{") :].partition("}")[0] if "{" in stray else ""
    return "{}" if start == "{" else start


def _fields(template: str) -> tuple[list[str], str]:
    """Return the names in braces, and what is wrong with the template ('' if nothing)."""
    try:
        wide = next((form for _, _, form, _ in Formatter().parse(template) if form and _WIDEST.search(form)), None)
        if wide is not None:
            return [], f"cannot be filled in: the format {wide[:40]!r} is too wide, or takes its width from a parameter"
        return list(placeholders(template)), ""
    except (TemplateError, ValueError) as problem:
        return [], f"cannot be filled in: {problem}"


def _leaves(value: JsonValue) -> Iterator[JsonValue]:
    if isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    else:
        yield value


def _read(packtivity: Packtivity) -> set[str] | None:
    """Return the parameters that a packtivity reads, or None if it may read any (jq, instructions, broken braces)."""
    environment, process, publisher = packtivity.environment, packtivity.process, packtivity.publisher
    if isinstance(publisher, FromJqPublisher) or (process is not None and process.kind == "manual"):
        return None
    if isinstance(environment, ContainerEnvironment) and environment.parameter_mounts:
        return None
    templates = [process.template] if process is not None else []
    if isinstance(publisher, InterpolatedPublisher):
        templates += text_leaves(publisher.publish)
    used: set[str] = set()
    for fields, wrong in map(_fields, templates):
        if wrong:
            return None
        used.update(fields)
    if isinstance(publisher, FromParametersPublisher):
        used |= {str(leaf) for leaf in _leaves(publisher.outputmap)}
    return used


def _read_by_workflow(workflow: Workflow) -> set[str] | None:
    """Return the outputs of `init` that a workflow's own stages read, or None if it may read any."""
    used: set[str] = set()
    for stage in workflow.stages:
        for value in [*stage.parameters.values(), *stage.register_values.values(), *stage.dependencies.expressions]:
            if isinstance(value, Selector) and INIT in value.path:
                if value.output is None or not re.fullmatch(r"[\w-]+", value.output):
                    return None
                used.add(value.output)
        if stage.jq is not None:
            return None
    return used
