"""Rules on what a step publishes: paths that lead out, files that nothing creates, globs that may be empty."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from recast.json_types import JsonValue
from recast.spec.findings import Finding
from recast.spec.model import (
    ConstantPublisher,
    ContainerEnvironment,
    FromGlobPublisher,
    FromParametersPublisher,
    FromYamlPublisher,
    InterpolatedPublisher,
    Packtivity,
)
from recast.spec.rules.context import StageView, packtivities
from recast.spec.templates import TemplateError, placeholders, text_leaves

__all__ = ["climbing_paths", "no_output", "open_globs", "unmentioned_outputs"]

_MAGIC = re.compile(r"[*?\[]")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_WORKDIR = "{workdir}"
_SHORTEST_NAME = 3
"""Shorter names occur in any command by chance."""


def climbing_paths(view: StageView) -> Iterator[Finding]:
    """A path in the work directory that leads out of it."""
    remedy = "Remove the `..`, or write below {workdir}."
    for packtivity in packtivities(view.stage):
        for text, bare in _published_paths(packtivity):
            if _climbs(text, bare):
                what = f"The publisher names {text!r}, which lies outside of the work directory"
                yield view.found("path-escape", what, view.in_packtivity(packtivity, "publisher"), next_step=remedy)
    for name, value in view.stage.parameters.items():
        for text in text_leaves(value):
            if text.startswith(_WORKDIR) and _climbs(text, bare=False):
                what = f"The parameter {name!r} names {text!r}, which lies outside of the work directory"
                yield view.found("path-escape", what, view.at_parameter(name), next_step=remedy)


def open_globs(view: StageView) -> Iterator[Finding]:
    """A publisher that succeeds although no file matches."""
    for packtivity in packtivities(view.stage):
        publisher = packtivity.publisher
        if isinstance(publisher, FromGlobPublisher):
            globs = [publisher.globexpression]
        elif isinstance(publisher, InterpolatedPublisher) and publisher.glob:
            globs = [text for text in text_leaves(publisher.publish) if _MAGIC.search(_PLACEHOLDER.sub("", text))]
        else:
            continue
        for text in globs:
            what = f"The publisher's {text!r} may match no file"
            remedy = "Name the files, or let the command fail if there are none."
            position = view.in_packtivity(packtivity, "publisher")
            yield view.found("open-glob", what, position, next_step=remedy, severity="note", excerpt=text)


def unmentioned_outputs(view: StageView) -> Iterator[Finding]:
    """A published file whose name appears nowhere in the command."""
    for packtivity in packtivities(view.stage):
        if packtivity.process is None or packtivity.process.kind == "manual":
            continue
        try:
            fields = set(placeholders(packtivity.process.template))
        except TemplateError:
            continue  # another rule covers that
        known = _known_text(view, packtivity)
        for label, text, bare in _promised(view, packtivity):
            path = text.removeprefix(_WORKDIR) if text.startswith(_WORKDIR) else text if bare else ""
            if not path or fields & set(_names(path)) or _mentions(known, path):
                continue
            yield view.found(
                "unmentioned-output",
                f"The output {label} is the file {text!r}, which the command never mentions",
                view.in_packtivity(packtivity, "publisher"),
                next_step="Hand the name to the command, or publish the file that it writes.",
                severity="note",
                excerpt=text,
            )


def no_output(view: StageView) -> Iterator[Finding]:
    """A step that runs, but publishes none of its outputs."""
    for packtivity in packtivities(view.stage):
        publisher = packtivity.publisher
        empty = (
            isinstance(publisher, ConstantPublisher)
            or (isinstance(publisher, FromParametersPublisher) and not publisher.outputmap)
            or (isinstance(publisher, InterpolatedPublisher) and publisher.publish in ({}, [], ""))
        )
        if packtivity.process is not None and empty:
            position = view.in_packtivity(packtivity, "publisher")
            what = "The step publishes no file of what it runs"
            yield view.found("no-output", what, position, next_step="Publish what it writes.", severity="note")


def _published_paths(packtivity: Packtivity) -> Iterator[tuple[str, bool]]:
    """Return the paths of a publisher, and whether they are relative to the work directory as they stand."""
    publisher = packtivity.publisher
    if isinstance(publisher, FromGlobPublisher):
        yield publisher.globexpression, True
    elif isinstance(publisher, FromYamlPublisher):
        yield publisher.yamlfile, True
    elif isinstance(publisher, InterpolatedPublisher):
        for text in text_leaves(publisher.publish):
            yield text, publisher.relative_paths and not text.startswith("/")


def _promised(view: StageView, packtivity: Packtivity) -> Iterator[tuple[str, str, bool]]:
    """Yield name, path and relativity of each output whose file the step must create."""
    publisher = packtivity.publisher
    if isinstance(publisher, FromParametersPublisher):
        used = set(_names(packtivity.process.template)) if packtivity.process is not None else set()
        for output, name in publisher.outputmap.items():
            value = view.stage.parameters.get(name) if isinstance(name, str) else None
            if isinstance(value, str) and name not in used:
                yield repr(output), value, False
    elif isinstance(publisher, FromYamlPublisher):
        yield "of the step", publisher.yamlfile, True
    elif isinstance(publisher, InterpolatedPublisher) and isinstance(publisher.publish, Mapping):
        for output, value in publisher.publish.items():
            for text in text_leaves(value):
                if not (publisher.glob and _MAGIC.search(_PLACEHOLDER.sub("", text))):
                    yield repr(output), text, publisher.relative_paths and not text.startswith("/")


def _known_text(view: StageView, packtivity: Packtivity) -> str:
    """Return all text available to the command: its own, and the parameters and scripts that it uses."""
    assert packtivity.process is not None
    environment = packtivity.environment
    setup = environment.envscript if isinstance(environment, ContainerEnvironment) else ""
    used: list[JsonValue] = [view.stage.parameters.get(name) for name in _names(packtivity.process.template)]
    return "\n".join([packtivity.process.template, setup, *text_leaves(used)])


def _mentions(known: str, path: str) -> bool:
    """Return whether any name in a path, with or without its suffix, occurs in a text; True if the path has no name."""
    names = [part for part in re.split(r"[/*?]|\[[^\]]*\]", _PLACEHOLDER.sub("/", path)) if part not in ("", ".")]
    stems = [name.partition(".")[0] or name for name in names]
    telling = [stem for stem in stems if len(stem) >= _SHORTEST_NAME]
    return not telling or any(stem in known for stem in telling)


def _names(template: str) -> list[str]:
    try:
        return [name for name in placeholders(template) if name != "workdir"]
    except TemplateError:
        return []


def _climbs(text: str, bare: bool) -> bool:
    """Return whether a path that starts in the work directory leaves it; `bare` means that it need not say so."""
    if not text.startswith(_WORKDIR):
        if not bare:
            return False
        if text.startswith("/"):
            return True
    depth = 0
    for part in text.removeprefix(_WORKDIR).split("/"):
        depth += -1 if part == ".." else 1 if part not in ("", ".") else 0
        if depth < 0:
            return True
    return False
