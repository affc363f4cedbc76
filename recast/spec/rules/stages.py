"""Rules on one stage by itself: its name, its body, its scatter."""

from __future__ import annotations

from collections.abc import Iterator

from recast.spec.findings import Finding
from recast.spec.rules.context import INIT, Scope, StageView, packtivities
from recast.suggest import did_you_mean

__all__ = ["SCATTER_METHODS", "body", "duplicate_names", "names", "process_without_environment", "scatter"]

SCATTER_METHODS = ("zip", "cartesian")


def duplicate_names(scope: Scope) -> Iterator[Finding]:
    """Two stages of one name: yadage mixes their steps."""
    first: dict[str, StageView] = {}
    for view in scope.views:
        known = first.setdefault(view.stage.name, view)
        if known is not view:
            yield view.found(
                "duplicate-stage",
                f"Two stages are named {view.stage.name!r}",
                why=f"The other one stands at {known.at('name')}.",
                next_step="Rename one of the two.",
            )


def names(view: StageView) -> Iterator[Finding]:
    """A name that is taken by the language, or that would not be a folder's name."""
    name = view.stage.name
    if name == INIT:
        why = "Every workflow starts with a stage 'init' whose outputs are the parameters handed in."
        yield view.found("reserved-name", "A stage may not be named 'init'", why=why, next_step="Rename it.")
    elif name in ("", ".", "..") or "/" in name or not name.isascii() or not name.isprintable() or len(name) > 128:
        why = "The name becomes the name of a folder, and must read the same everywhere."
        remedy = "Use letters of English, digits, '_' and '-', at most 128."
        shown = name if len(name) <= 128 else name[:125] + "..."
        yield view.found("stage-name", f"A stage cannot be named {shown!a}", why=why, next_step=remedy)


def body(view: StageView) -> Iterator[Finding]:
    """A stage that has nothing to run."""
    if view.stage.body is None or view.stage.body == ():
        what = f"The stage {view.stage.name!r} has nothing to run"
        remedy = "Add `step:` or `workflow:` to its scheduler."
        yield view.found("body", what, view.at("scheduler"), next_step=remedy)


def process_without_environment(view: StageView) -> Iterator[Finding]:
    """A process that yadage would skip in silence, because it has no environment."""
    for packtivity in packtivities(view.stage):
        if packtivity.process is not None and packtivity.environment is None:
            yield view.found(
                "no-environment",
                "A process has no environment to run in",
                view.in_packtivity(packtivity, "environment"),
                why="yadage would not run it, and publish as if it had run.",
                next_step="Write an environment, or `process: null` for a step that only publishes.",
            )


def scatter(view: StageView) -> Iterator[Finding]:
    """A multistep stage that cannot be multiplied."""
    given = view.stage.scatter
    if given is None:
        return
    at = view.at("scheduler", "scatter")
    if not given.parameters:
        what = f"The multistep stage {view.stage.name!r} scatters no parameter"
        yield view.found("scatter", what, at, next_step="Add `scatter: {method: zip, parameters: [NAME]}`.")
        return
    if given.method not in SCATTER_METHODS:
        what = f"scatter method: found {given.method!r}, allowed is zip or cartesian"
        why = "yadage would make no step at all, and report success."
        remedy = did_you_mean(given.method, SCATTER_METHODS, what="methods")
        yield view.found("scatter-method", what, view.at("scheduler", "scatter", "method"), why=why, next_step=remedy)
    for index, name in enumerate(given.parameters):
        if name not in view.stage.parameters:
            what = f"The scattered parameter {name!r} is not among the parameters of the stage {view.stage.name!r}"
            remedy = did_you_mean(name, view.stage.parameters, what="parameters")
            position = view.at("scheduler", "scatter", "parameters", index)
            yield view.found("scatter-parameter", what, position, next_step=remedy)
    yield from _lengths(view)


def _lengths(view: StageView) -> Iterator[Finding]:
    """Lists written in the spec that zip would cut to the shortest."""
    given = view.stage.scatter
    assert given is not None
    values = {name: view.stage.parameters[name] for name in given.parameters if name in view.stage.parameters}
    for name, value in values.items():
        if isinstance(value, (str, int, float)):
            what = f"The scattered parameter {name!r} is not a list"
            remedy = "Write a list, or a reference to one."
            yield view.found("scatter-type", what, view.at_parameter(name), next_step=remedy)
    lengths = {name: len(value) for name, value in values.items() if isinstance(value, list)}
    if given.method == "zip" and len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        yield view.found(
            "scatter-lengths",
            "Lists of unequal length are zipped",
            view.at_parameter(next(iter(lengths))),
            why=f"{listed}; yadage would drop the rest of the longer ones in silence.",
            next_step="Make the lists equally long, or use the method cartesian.",
        )
