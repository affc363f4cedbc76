"""Rules on stages that can never run, and those that make no step."""

from __future__ import annotations

import math
from collections.abc import Iterator

from recast.counted import counted
from recast.spec.findings import Finding
from recast.spec.paths import PathError, parse_path
from recast.spec.rules.context import INIT, Link, Scope, StageView
from recast.spec.rules.references import circles, unknown_names

__all__ = ["empty_scatters", "never_runs"]


def empty_scatters(view: StageView) -> Iterator[Finding]:
    """A multistep stage that has a list without elements to scatter over."""
    if _count(view) == 0:
        assert view.stage.scatter is not None
        name = next(name for name in view.stage.scatter.parameters if view.stage.parameters.get(name) == [])
        what = f"The stage {view.stage.name!r} makes no step: it is scattered over the empty list {name!r}"
        remedy = "Fill the list, or remove the stage."
        yield view.found("empty-scatter", what, view.at_parameter(name), next_step=remedy, severity="warning")


def never_runs(scope: Scope) -> Iterator[Finding]:
    """Stages that wait, directly or through others, for what never comes; the first of a chain has its own error."""
    dead = {view.stage.name: "makes no step" for view in scope.views if _count(view) == 0}
    dead.update({view.stage.name: "can never start" for view in scope.views if _broken(view)})
    if any(True for _ in circles(scope)):
        dead.update(dict.fromkeys(_in_circles(scope), "waits for itself"))
    waiting: dict[str, list[tuple[StageView, Link]]] = {}
    ahead = list(dead)
    for view, link in _dependencies(scope):
        reason = _missing_instance(link, scope)
        if reason is not None and view.stage.name not in dead:
            dead[view.stage.name] = "can never run"
            ahead.append(view.stage.name)
            yield _never(view, link, reason)
        for name in _heads(link):
            waiting.setdefault(name, []).append((view, link))
    while ahead:
        name = ahead.pop()
        for view, link in waiting.get(name, ()):
            if view.stage.name not in dead:
                yield _never(view, link, f"{name!r} {dead[name]}")
                dead[view.stage.name] = "can never run"
                ahead.append(view.stage.name)


def _never(view: StageView, link: Link, reason: str) -> Finding:
    what = f"The stage {view.stage.name!r} can never run: it waits for {link.path!r}, but {reason}"
    return view.found("never-runs", what, link.position, next_step="Fix what it waits for.")


def _dependencies(scope: Scope) -> Iterator[tuple[StageView, Link]]:
    return ((view, link) for view in scope.views for link in view.links if link.kind == "dependency")


def _broken(view: StageView) -> bool:
    """Return whether a dependency of the stage has an error already."""
    at = {link.position for link in view.links if link.kind == "dependency"}
    return any(finding.position in at for finding in unknown_names(view))


def _in_circles(scope: Scope) -> set[str]:
    """Return the stages in circles of dependencies: what is left when all that is before and after them is peeled."""
    after: dict[str, set[str]] = {view.stage.name: set() for view in scope.views}
    before: dict[str, set[str]] = {name: set() for name in after}
    for view, link in _dependencies(scope):
        for name in _heads(link):
            if name in after:
                after[name].add(view.stage.name)
                before[view.stage.name].add(name)
    for arrows, back in ((before, after), (after, before)):
        ahead = [name for name, others in arrows.items() if not others]
        while ahead:
            name = ahead.pop()
            del arrows[name]
            for other in back.pop(name):
                arrows[other].discard(name)
                if not arrows[other]:
                    ahead.append(other)
    return set(after)


def _missing_instance(link: Link, scope: Scope) -> str | None:
    """Return why an index, as in `first[3]`, can never be there, or None."""
    try:
        segments = parse_path(link.path)
    except PathError:
        return None
    first = segments[0] if segments else None
    if first is None or first.start is None or first.start < 0 or len(first.names) != 1:
        return None
    name = first.names[0]
    count = 1 if name == INIT else _count(scope.view(name)) if name in scope.stages else None
    if count is None or first.start < count:
        return None
    return f"{name!r} has {counted(count, 'step')}, counted from 0"


def _count(view: StageView) -> int | None:
    """Return how many steps a stage makes, or None if that depends on values to come; a case may make none."""
    scatter = view.stage.scatter
    if scatter is None:
        return None if view.stage.jq is not None else 1
    values = [view.stage.parameters.get(name) for name in scatter.parameters]
    if not values or not all(isinstance(value, list) for value in values):
        return None
    lengths = [len(value) for value in values if isinstance(value, list)]
    if scatter.grouping is not None:
        return 0 if 0 in lengths else None
    return math.prod(lengths) if scatter.method == "cartesian" else min(lengths)


def _heads(link: Link) -> tuple[str, ...]:
    try:
        segments = parse_path(link.path)
    except PathError:
        return ()
    return segments[0].names if segments else ()
