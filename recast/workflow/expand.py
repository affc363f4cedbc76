"""The expansion: a workflow, its inputs and what finished steps left behind make new steps.

It touches only what an event can change. A rule (one stage in one scope) waits on the first record that is not
there yet, and is looked at again when that record changes; nothing is evaluated twice, nothing recurses on depth.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from recast.errors import RecastError, SpecError
from recast.jobs import RUN_ROOT, Artifact
from recast.spec.model import Packtivity, Selector, Stage, Workflow
from recast.workflow.graph import MISSING, Scope, StageRecord, Step
from recast.workflow.interpolate import place
from recast.workflow.paths import Segment, parse_path
from recast.workflow.publish import known_before_run, published_by
from recast.workflow.scatter import scatter
from recast.workflow.select import resolve
from recast.workflow.traced import plain

__all__ = ["INIT_DIRECTORY", "Expansion", "Rule", "is_job"]

INIT_DIRECTORY = f"{RUN_ROOT}/init"
"""Where jobs see the files of the init directory."""

MOST_STEPS = 1_000_000
"""A bound against a scatter that is a mistake or an attack."""


class Rule:
    """One stage in one scope, waiting to expand. `blocker` is the record that it waits for."""

    __slots__ = ("_waits", "blocker", "scope", "stage")

    def __init__(self, scope: Scope, stage: Stage) -> None:
        self.scope = scope
        self.stage = stage
        self.blocker: StageRecord | None = None
        self._waits = _waits(scope, stage)

    def ready(self) -> bool:
        """Go on from where it waited; register with the next blocker, if there is one."""
        self.blocker = next(self._waits, None)
        if self.blocker is not None:
            self.blocker.waiters.append(self)
        return self.blocker is None


class Expansion:
    """The DAG of a run as far as it is known. `steps` are in the order of creation; a step never changes place.

    A stage that cannot expand (a reference to nothing, lists of unequal length) is kept in `problems`; the others
    go on.
    """

    def __init__(self, workflow: Workflow, *, most_steps: int = MOST_STEPS) -> None:
        self.steps: list[Step] = []
        self.directories: dict[str, Step] = {}
        self.rules: dict[Rule, None] = {}
        self.problems: list[RecastError] = []
        self._most_steps = most_steps
        self._wake: deque[Rule] = deque()
        self.root = self._add_scope("", RUN_ROOT, workflow, None)

    def start(
        self, inputs: Mapping[str, Any], files: Mapping[str, Artifact], given: Mapping[str, Any] | None = None
    ) -> list[Step]:
        """Give the root scope its inputs and the files of the init directory; return the first steps.

        `given` are the inputs before names of files in them were resolved.
        """
        before = len(self.steps)
        self._add_init(self.root, "init", dict(inputs), (), given)
        self.steps[before].outputs = files
        self.directories[INIT_DIRECTORY] = self.steps[before]
        self._expand_woken()
        return self.steps[before:]

    def finish(self, step: Step, outputs: Mapping[str, Artifact], document: Any = None) -> list[Step]:
        """Take in that a step has succeeded; return the steps that this makes.

        Raises SpecError if its publisher cannot work on what it left, or if the result differs from what was
        published before it ran.
        """
        before = len(self.steps)
        if step.packtivity is not None:
            published = published_by(step, outputs, document)
            if step.published is not MISSING and step.published != published:
                raise _differs(step, published)
            step.outputs = outputs
            if step.published is MISSING:
                self._set_published(step, published)
        step.finished = True
        self._expand_woken()
        return self.steps[before:]

    def _add_scope(self, pointer: str, directory: str, workflow: Workflow, parent: StageRecord | None) -> Scope:
        scope = Scope(pointer, directory, workflow, parent)
        scope.open_stages = len(workflow.stages) + 1
        scope.records["init"] = StageRecord("init", scope)
        for stage in workflow.stages:
            scope.records[stage.name] = StageRecord(stage.name, scope)
            rule = Rule(scope, stage)
            self.rules[rule] = None
            self._wake.append(rule)
        return scope

    def _add_init(
        self,
        scope: Scope,
        name: str,
        inputs: dict[str, Any],
        origins: tuple[Step, ...],
        given: Mapping[str, Any] | None = None,
    ) -> None:
        record = scope.records["init"]
        step = self._add_step(record, None, name, None, inputs if given is None else dict(given), inputs, origins)
        step.published = inputs
        record.expanded = True
        self._changed(record)

    def _expand_woken(self) -> None:
        while self._wake:
            rule = self._wake.popleft()
            if rule not in self.rules:
                continue
            try:
                if rule.ready():
                    self._apply(rule)
            except RecastError as problem:
                self.problems.append(problem)

    def _apply(self, rule: Rule) -> None:
        del self.rules[rule]
        scope, stage = rule.scope, rule.stage
        record = scope.records[stage.name]
        parameters = {name: resolve(scope, value) for name, value in stage.parameters.items()}
        sets = scatter(stage, parameters, stage.scatter) if stage.scatter else [parameters]
        for index, chosen in enumerate(sets):
            name = f"{stage.name}_{index}" if stage.scatter else stage.name
            origins: dict[Step, None] = {}
            self._add_instance(record, stage, name, plain(chosen, origins), tuple(origins))
        scope.values.update(stage.register_values)
        record.expanded = True
        self._changed(record)

    def _add_instance(
        self,
        record: StageRecord,
        stage: Stage,
        name: str,
        parameters: dict[str, Any],
        origins: tuple[Step, ...],
    ) -> None:
        if isinstance(stage.body, Workflow):
            _refuse_workdir(stage, parameters)
            pointer = f"{record.scope.pointer}/{stage.name}/{len(record.items)}"
            scope = self._add_scope(pointer, f"{record.scope.directory}/{name}", stage.body, record)
            record.items.append(scope)
            record.missing += 1
            self._add_init(scope, f"init_{name}", parameters, origins)
            return
        if not isinstance(stage.body, Packtivity):
            raise SpecError(
                f"Stage {stage.name!r} has {'cases' if stage.body else 'no body'}, which cannot run yet",
                code="spec.unsupported",
                where=str(stage.position or ""),
            )
        directory = f"{record.scope.directory}/{name}"
        folders = {"workdir": directory} | {f"readdir{i}": step.directory for i, step in enumerate(origins)}
        arguments = place(parameters, folders, str(stage.position or stage.name))
        step = self._add_step(record, stage, name, stage.body, parameters, arguments, origins)
        published = known_before_run(step)
        if published is not MISSING:
            self._set_published(step, published)

    def _add_step(
        self,
        record: StageRecord,
        stage: Stage | None,
        name: str,
        packtivity: Packtivity | None,
        parameters: Any,
        arguments: Any,
        origins: tuple[Step, ...],
    ) -> Step:
        if len(self.steps) >= self._most_steps:
            raise SpecError(
                f"The workflow expands to more than {self._most_steps} steps",
                code="spec.too-many-steps",
                where=str(stage.position if stage else record.scope.pointer),
                next_step="scatter over fewer values, or group them with batchsize",
            )
        scope, index = record.scope, len(record.items)
        directory = f"{scope.directory}/{name}" if packtivity else INIT_DIRECTORY
        identity = f"{scope.pointer}/{record.name}/{index}"
        step = Step(
            len(self.steps),
            identity,
            name,
            scope,
            stage,
            index,
            packtivity,
            parameters,
            arguments,
            directory,
            origins,
        )
        self.steps.append(step)
        if packtivity:
            self.directories[directory] = step
        record.items.append(step)
        if packtivity:
            record.missing += 1
        return step

    def _set_published(self, step: Step, published: Any) -> None:
        step.published = published
        record = step.record
        record.missing -= 1
        if record.complete:
            self._changed(record)

    def _changed(self, record: StageRecord) -> None:
        """Wake what waits for a record; a complete one may complete its scope, and so on upward."""
        while True:
            self._wake.extend(record.waiters)
            record.waiters.clear()
            if not record.complete:
                return
            record.scope.open_stages -= 1
            parent = record.scope.parent
            if record.scope.open_stages or parent is None:
                return
            parent.missing -= 1
            record = parent
            if not record.complete:
                return


def _waits(scope: Scope, stage: Stage) -> Iterator[StageRecord]:
    """Yield, one after the other, the records that must change before the stage can expand.

    What it refers to is waited for too, not only its dependencies: yadage leaves that to luck.
    """
    if stage.dependencies.kind != "jsonpath_ready" or stage.jq is not None:
        kind = "jq-stage" if stage.jq is not None else stage.dependencies.kind
        raise SpecError(
            f"{kind} is not supported yet", code="spec.unsupported", where=str(stage.position or stage.name)
        )
    references = [value.path for value in stage.parameters.values() if isinstance(value, Selector)]
    for path in dict.fromkeys([*stage.dependencies.expressions, *references]):
        yield from _path_waits(scope, stage, path, parse_path(path))


def _path_waits(scope: Scope, stage: Stage, path: str, tokens: tuple[Segment, ...]) -> Iterator[StageRecord]:
    head, rest = tokens[0], tokens[1:]
    unknown = next((name for name in head.names if name != "*" and name not in scope.records), None)
    if unknown is not None:
        raise _unknown_stage(scope, stage, path, unknown)
    for record in scope.named(head):
        while not (record.expanded if rest else record.complete):
            yield record
        items = head.pick(record.items)
        if not items and record.items:
            raise _no_match(stage, path, f"{record.name!r} has {len(record.items)} instances, counted from 0")
        for item in items if rest else ():
            if not isinstance(item, Scope):
                raise _no_match(stage, path, f"{record.name!r} runs steps, not a sub-workflow")
            yield from _path_waits(item, stage, path, rest)


def _no_match(stage: Stage, path: str, why: str) -> RecastError:
    return SpecError(
        f"Stage {stage.name!r} refers to {path!r}, which matches nothing",
        code="spec.no-match",
        where=str(stage.position or stage.name),
        why=f"{why}; yadage would never run the stage, and report success.",
        next_step="correct the path",
    )


def _unknown_stage(scope: Scope, stage: Stage, path: str, name: str) -> RecastError:
    return SpecError(
        f"Stage {stage.name!r} refers to {path!r}, but there is no stage {name!r}",
        code="spec.unknown-stage",
        where=str(stage.position or stage.name),
        why=f"Stages of this scope: {', '.join(scope.records)}.",
        next_step="correct the name; yadage would never run the stage, and report success",
    )


def _refuse_workdir(stage: Stage, parameters: Mapping[str, Any]) -> None:
    for name, value in parameters.items():
        if isinstance(value, str) and "{workdir}" in value:
            raise SpecError(
                f"Parameter {name!r} hands '{{workdir}}' to a sub-workflow, which has no work directory",
                code="spec.workdir-in-scope",
                where=str(stage.position or stage.name),
                next_step="hand over the bare name, and write '{workdir}/...' in the stage inside the sub-workflow",
            )


def _differs(step: Step, published: Any) -> SpecError:
    return SpecError(
        f"Step {step.id} published one thing before it ran and another after",
        code="step.published-differs",
        where=str((step.packtivity and step.packtivity.position) or step.id),
        why=f"Before: {step.published!r:.400}\nAfter: {published!r:.400}",
        next_step="make the publisher depend on the parameters alone, or on files alone",
    )


def is_job(step: Step) -> bool:
    """Say whether a step has something to run; the others only publish."""
    packtivity = step.packtivity
    return packtivity is not None and packtivity.process is not None and packtivity.environment is not None
