"""Rules on references between stages: unknown names, unknown outputs, cycles, unordered references."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from recast.spec.findings import Finding
from recast.spec.model import (
    ConstantPublisher,
    FromGlobPublisher,
    FromParametersPublisher,
    InterpolatedPublisher,
    Publisher,
    Stage,
    ValueReference,
)
from recast.spec.paths import PathError, Segment, parse_path
from recast.spec.rules.context import INIT, Link, Scope, StageView, packtivities, sub_workflows
from recast.suggest import did_you_mean

__all__ = ["circles", "published_outputs", "registered_values", "unknown_names", "unknown_outputs", "unordered"]

_DEEPEST_OUTPUT = 64
"""Values are not nested deeper."""

_WORDS = {"dependency": "The dependency", "parameter": "The reference", "value": "The registered value"}


@dataclass(frozen=True)
class _Hit:
    """A path led to a stage, or to the `init` of a scope (`stage` is None)."""

    scope: Scope
    stage: Stage | None


@dataclass(frozen=True)
class _Miss:
    """A path led nowhere."""

    what: str
    next_step: str


def unknown_names(view: StageView) -> Iterator[Finding]:
    """A dependency on, or a reference to, a stage that does not exist: the stage would never run, or crash."""
    for link in view.links:
        problem = _unfit(link)
        if problem is not None:
            remedy = "Write the name of a stage, or name[*].sub."
            yield view.found("path", f"{_WORDS[link.kind]} {problem}", link.position, next_step=remedy)
            continue
        misses = [end for end in _follow(link, view.scope) if isinstance(end, _Miss)]
        code = "unknown-dependency" if link.kind == "dependency" else "unknown-stage"
        why = "yadage would never run this stage, and report success." if link.kind == "dependency" else ""
        for miss in misses:
            what = f"{_WORDS[link.kind]} {link.path!r} leads nowhere: {miss.what}"
            yield view.found(code, what, link.position, why=why, next_step=miss.next_step)


def _unfit(link: Link) -> str | None:
    """Return why a run could not follow a link, or None."""
    output = link.selector.output if link.selector is not None else None
    if output is not None and output.count(".") + output.count("[") + output.count("(") > _DEEPEST_OUTPUT:
        return f"has an output that reaches more than {_DEEPEST_OUTPUT} levels deep"
    try:
        segments = parse_path(link.path)
    except PathError as problem:
        return str(problem)
    return "uses more of JSONPath than stages are named by" if segments is None else None


def unknown_outputs(view: StageView) -> Iterator[Finding]:
    """A reference to an output that the stage certainly does not publish."""
    for link in view.links:
        output = link.selector.output if link.selector is not None else None
        for hit in _hits(link, view.scope):
            known = _outputs(hit)
            if known is None or _may_match(output, known) or (output is None and not _is_scope(hit)):
                continue
            name = hit.stage.name if hit.stage is not None else INIT
            yield view.found(
                "unknown-output",
                f"The stage {name!r} publishes no output {output!r}",
                link.position,
                why=_why(hit),
                next_step=did_you_mean(str(output), known, what="outputs") or "Publish it there.",
            )


def registered_values(view: StageView) -> Iterator[Finding]:
    """A reference to a value that no stage of the scope registers: yadage would pass null."""
    known = view.scope.registered
    for name, value in view.stage.parameters.items():
        if isinstance(value, ValueReference) and value.scope is None and value.key not in known:
            what = f"No stage of this workflow registers the value {value.key!r}"
            remedy = did_you_mean(value.key, known, what="values") or "Add it to the register_values of a stage."
            yield view.found("unknown-value", what, value.position or view.at_parameter(name), next_step=remedy)


def circles(scope: Scope) -> Iterator[Finding]:
    """Stages that wait for each other, or take values from each other, in a cycle."""
    needs = {view.stage.name: set(_needs(view, "dependency", "parameter")) for view in scope.views}
    edges = {name: sorted(others - {INIT}) for name, others in needs.items()}
    done: set[str] = set()
    for view in scope.views:
        circle = _circle(view.stage.name, edges, [], done)
        if circle:
            yield view.found(
                "cycle",
                f"The stage {circle[0]!r} depends on itself",
                scope.view(circle[0]).at("name"),
                why=" -> ".join(circle) + ": none of them can ever start.",
                next_step="Remove one of these dependencies or references.",
            )


def unordered(view: StageView) -> Iterator[Finding]:
    """A reference to a stage that the dependencies do not wait for."""
    waits = set(_needs(view, "dependency"))
    if waits.issuperset(_needs(view, "parameter")):
        return
    waits = _awaited(view)
    for link in view.links:
        if link.kind != "parameter":
            continue
        for name in _heads(link.path):
            if name not in waits and (name == INIT or name in view.scope.stages) and name != view.stage.name:
                yield view.found(
                    "unordered",
                    f"The stage {view.stage.name!r} takes a value of {name!r}, which its dependencies do not wait for",
                    link.position,
                    why="It works only where that value is known before the step has run.",
                    next_step=f"Add {name!r} to its dependencies.",
                    severity="warning",
                )


def _follow(link: Link, scope: Scope) -> Iterator[_Hit | _Miss]:
    segments = parse_path(link.path)
    return iter(()) if segments is None else _resolve(segments, scope)


def _hits(link: Link, scope: Scope) -> Iterator[_Hit]:
    """Return where a link certainly leads; nothing for a dependency or a broken path, which have their own rule."""
    if link.selector is None:
        return
    try:
        yield from (end for end in _follow(link, scope) if isinstance(end, _Hit))
    except PathError:
        return


def _resolve(segments: tuple[Segment, ...], scope: Scope) -> Iterator[_Hit | _Miss]:
    first, rest = segments[0], segments[1:]
    for name in first.names:
        stage = scope.stages.get(name)
        if name == "*":
            continue
        if name != INIT and stage is None:
            known = [*scope.stages, INIT]
            yield _Miss(f"there is no stage {name!r}", did_you_mean(name, known, what="stages"))
        elif not rest:
            yield _Hit(scope, None if name == INIT else stage)
        elif stage is None or not sub_workflows(stage):
            yield _Miss(f"{name!r} has no stages of its own", f"Write {name!r} alone.")
        elif not first.indexed:
            yield _Miss(f"{name!r} is a list of sub-workflows", f"Write '{name}[*].{rest[0].names[0]}'.")
        else:
            yield from _enter(stage, rest, scope)


def _enter(stage: Stage, rest: tuple[Segment, ...], scope: Scope) -> Iterator[_Hit | _Miss]:
    """Return where the rest of a path leads in the sub-workflows of a stage; of several cases one must have it."""
    ends = [list(_resolve(rest, scope.inside(stage, workflow))) for workflow in sub_workflows(stage)]
    whole = [end for end in ends if not any(isinstance(miss, _Miss) for miss in end)]
    for end in whole or ends[:1]:
        yield from end


def _outputs(hit: _Hit) -> frozenset[str] | None:
    """Return the names that a stage publishes, or None where that is known only when it has run."""
    if hit.stage is None:
        return hit.scope.inputs
    if _is_scope(hit):
        stages = (stage for workflow in sub_workflows(hit.stage) for stage in workflow.stages)
        return frozenset(key for stage in stages for key in stage.register_values)
    return published_outputs(hit.stage)


def published_outputs(stage: Stage) -> frozenset[str] | None:
    """Return the names that the steps of a stage publish, or None where that is known only when they have run."""
    found = [_published(packtivity.publisher) for packtivity in packtivities(stage)]
    if sub_workflows(stage) or not found or None in found:
        return None
    return frozenset().union(*(names for names in found if names is not None))


def _is_scope(hit: _Hit) -> bool:
    return hit.stage is not None and bool(sub_workflows(hit.stage)) and not packtivities(hit.stage)


def _published(publisher: Publisher) -> frozenset[str] | None:
    if isinstance(publisher, FromParametersPublisher):
        return frozenset(publisher.outputmap)
    if isinstance(publisher, ConstantPublisher):
        return frozenset(publisher.publish)
    if isinstance(publisher, InterpolatedPublisher) and isinstance(publisher.publish, dict):
        return frozenset(publisher.publish)
    if isinstance(publisher, FromGlobPublisher):
        return frozenset({publisher.outputkey})
    return None


def _may_match(output: str | None, known: frozenset[str]) -> bool:
    """Return whether a key or JSONPath may select something below these keys."""
    if output is None:
        return False
    if output in known:
        return True
    try:
        segments = parse_path(output)
    except PathError:
        return False
    return segments is None or bool({"*", *known} & set(segments[0].names))


def _why(hit: _Hit) -> str:
    if hit.stage is None:
        return "The outputs of 'init' are the parameters of the stage that starts this sub-workflow."
    if _is_scope(hit):
        return "It is a sub-workflow; only what its stages register can be read from it. Name a stage in it instead."
    return ""


@lru_cache(maxsize=4096)
def _heads(path: str) -> tuple[str, ...]:
    """Return the stages of its own scope that a path starts with."""
    try:
        segments = parse_path(path)
    except PathError:
        return ()
    return segments[0].names if segments else ()


def _needs(view: StageView, *kinds: str) -> Iterator[str]:
    for link in view.links:
        if link.kind in kinds:
            yield from _heads(link.path)


def _awaited(view: StageView) -> set[str]:
    """Return the stages that a stage waits for, directly or through others."""
    waits: set[str] = set()
    ahead = list(_needs(view, "dependency"))
    while ahead:
        name = ahead.pop()
        if name in waits:
            continue
        waits.add(name)
        if name == "*":
            ahead += [INIT, *view.scope.stages]
        elif name in view.scope.stages:
            ahead += _needs(view.scope.view(name), "dependency")
    return waits


def _circle(name: str, edges: dict[str, list[str]], path: list[str], done: set[str]) -> list[str]:
    """Return a circle of names that is reachable from one, closed, or an empty list; walks without recursion."""
    stack = [(name, iter(edges.get(name, ())))] if name not in done else []
    path = [name] if stack else []
    while stack:
        following = next(stack[-1][1], None)
        if following is None:
            done.add(stack.pop()[0])
            path.pop()
        elif following in path:
            done.update(path)
            return [*path[path.index(following) :], following]
        elif following not in done and following in edges:
            stack.append((following, iter(edges[following])))
            path.append(following)
    return []
