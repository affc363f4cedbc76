"""The expansion: a workflow, its inputs and the outputs of finished steps produce new steps.

It touches only what an event can change. A rule (one stage in one scope) waits for the first missing record, and
continues when that record changes; nothing is evaluated twice, and nothing recurses on depth.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from recast.errors import RecastError, SpecError, in_words
from recast.jobs import RUN_ROOT, Artifact
from recast.json_types import JsonObject, JsonValue
from recast.spec.model import ManualEnvironment, ManualPublisher, NoopEnvironment, Packtivity, Stage, Workflow
from recast.workflow.bodies import chosen_body, parameter_sets
from recast.workflow.graph import MISSING, Scope, StageRecord, Step
from recast.workflow.init import INIT_DIRECTORY, folders_of, init_directory, init_result
from recast.workflow.interpolate import place
from recast.workflow.programs import Jq, no_jq
from recast.workflow.publish import check_left, known_before_run, published_by
from recast.workflow.readiness import Skipped, waits

__all__ = ["MOST_STEPS", "Expansion", "Rule", "instructions_of", "is_job"]

MOST_STEPS = 200_000
"""A limit against a scatter that is a mistake or an attack."""


class Rule:
    """One stage in one scope, waiting to expand. `blocker` is the record that it waits for."""

    __slots__ = ("_waits", "blocker", "scope", "stage")

    def __init__(self, scope: Scope, stage: Stage, jq: Jq) -> None:
        self.scope = scope
        self.stage = stage
        self.blocker: StageRecord | None = None
        self._waits = waits(scope, stage, jq)

    def ready(self) -> bool:
        """Continue from where it waited; register with the next blocker, if any. Return whether it can expand."""
        self.blocker = next(self._waits, None)
        if self.blocker is not None:
            self.blocker.waiters.append(self)
        return self.blocker is None


class Expansion:
    """The DAG of a run as far as it is known. `steps` are in order of creation, which never changes.

    The error of a stage that cannot expand (a broken reference, lists of unequal length) is in `problems`; other stages
    continue. `stuck` has the first of them by the pointer of its scope. `skipped` are the stages that a condition of
    the spec turned off, with the reason.
    """

    def __init__(self, workflow: Workflow, *, jq: Jq = no_jq, most_steps: int = MOST_STEPS) -> None:
        self.steps: list[Step] = []
        self.directories: dict[str, Step] = {}
        self.rules: dict[Rule, None] = {}
        self.problems: list[RecastError] = []
        self.stuck: dict[str, RecastError] = {}
        self.skipped: dict[StageRecord, str] = {}
        self.jq = jq
        self._most_steps = most_steps
        self._sub_files: Mapping[str, Mapping[str, Artifact]] = {}
        self._wake: deque[Rule] = deque()
        self.root = self._add_scope("", RUN_ROOT, workflow, None)

    def start(
        self,
        inputs: JsonObject,
        files: Mapping[str, Artifact],
        given: JsonObject | None = None,
        sub_files: Mapping[str, Mapping[str, Artifact]] | None = None,
    ) -> list[Step]:
        """Set the inputs and init files of the root scope; return the first steps.

        `given` are the inputs before file names in them were resolved. `sub_files` are the init files of sub-workflows,
        by the names of the stages that lead there, such as `downstream/archived`.
        """
        before = len(self.steps)
        self._sub_files = sub_files or {}
        step = self._add_init(self.root, "init", inputs if given is None else given, (), INIT_DIRECTORY, files)
        self.root.folders = ((INIT_DIRECTORY, step),)
        self._publish_init(step, dict(inputs))
        self._expand_woken()
        return self.steps[before:]

    def finish(self, step: Step, outputs: Mapping[str, Artifact], document: JsonValue = None) -> list[Step]:
        """Process a step that has succeeded; return the new steps.

        Raises SpecError if its publisher cannot evaluate its outputs, or if the result differs from what was published
        before it ran.
        """
        before = len(self.steps)
        if step.packtivity is not None:
            published = published_by(step, outputs, document, self.jq)
            if step.published is not MISSING and step.published != published:
                raise _differs(step, published)
            if is_job(step) and not isinstance(step.packtivity.environment, NoopEnvironment):
                check_left(step, outputs)
            step.outputs = outputs
            if step.published is MISSING:
                self._set_published(step, published)
        elif step.published is MISSING:
            self._set_published(step, init_result(step, when_left=True))
        step.finished = True
        self._expand_woken()
        return self.steps[before:]

    def _add_scope(self, pointer: str, directory: str, workflow: Workflow, parent: StageRecord | None) -> Scope:
        scope = Scope(pointer, directory, workflow, parent)
        scope.open_stages = len(workflow.stages) + 1
        scope.records["init"] = StageRecord("init", scope)
        for stage in workflow.stages:
            scope.records[stage.name] = StageRecord(stage.name, scope)
            rule = Rule(scope, stage, self.jq)
            self.rules[rule] = None
            self._wake.append(rule)
        return scope

    def _add_init(
        self,
        scope: Scope,
        name: str,
        parameters: JsonValue,
        origins: tuple[Step, ...],
        directory: str,
        files: Mapping[str, Artifact],
    ) -> Step:
        step = self._add_step(scope.records["init"], None, name, None, parameters, parameters, origins, directory)
        step.outputs = files
        if files or directory == INIT_DIRECTORY:
            self.directories[directory] = step
        scope.records["init"].expanded = True
        return step

    def _publish_init(self, step: Step, published: JsonValue) -> None:
        if published is not MISSING:
            self._set_published(step, published)

    def _expand_woken(self) -> None:
        while self._wake:
            rule = self._wake.popleft()
            if rule not in self.rules:
                continue
            try:
                if rule.ready():
                    self._apply(rule)
            except Skipped as skipped:
                self._skip(rule, str(skipped))
            except Exception as problem:  # whatever a step wrote, the others continue
                self.problems.append(in_words(problem))
                self.stuck.setdefault(rule.scope.pointer, self.problems[-1])

    def _skip(self, rule: Rule, reason: str) -> None:
        """Skip a stage; what waits for it, or for a scope that contains it, will be skipped in turn."""
        del self.rules[rule]
        record: StageRecord | None = rule.scope.records[rule.stage.name]
        assert record is not None
        self.skipped[record] = reason
        record.expanded = True
        origin = record
        while record is not None:
            record.skipped = record.skipped or reason
            record = record.scope.parent
        self._changed(origin)

    def _apply(self, rule: Rule) -> None:
        del self.rules[rule]
        scope, stage = rule.scope, rule.stage
        record = scope.records[stage.name]
        several = stage.scatter is not None or stage.jq is not None
        count, sets = parameter_sets(scope, stage, self.jq)
        self._check_room(count, stage.where)
        for index, (parameters, origins) in enumerate(sets):
            name = f"{stage.name}_{index}" if several else stage.name
            self._add_instance(record, stage, name, parameters, origins)
        self._register(scope, stage)
        if isinstance(stage.body, tuple) and not record.items:
            record.skipped = self.skipped[record] = f"no case of stage {stage.name!r} is true"
        record.expanded = True
        self._changed(record)

    def _register(self, scope: Scope, stage: Stage) -> None:
        for key, value in stage.register_values.items():
            if key in scope.values:
                raise SpecError(
                    f"The value {key!r} is registered twice in one workflow",
                    code="spec.registered-twice",
                    where=stage.where,
                    next_step="rename one of the two",
                )
            scope.values[key] = value

    def _add_instance(
        self, record: StageRecord, stage: Stage, name: str, parameters: JsonValue, origins: tuple[Step, ...]
    ) -> None:
        body = chosen_body(stage, parameters, self.jq)
        if isinstance(body, Workflow):
            self._add_sub_workflow(record, stage, body, name, parameters, origins)
        elif isinstance(body, Packtivity):
            self._add_packtivity(record, stage, body, name, parameters, origins)

    def _add_sub_workflow(
        self,
        record: StageRecord,
        stage: Stage,
        body: Workflow,
        name: str,
        parameters: JsonValue,
        origins: tuple[Step, ...],
    ) -> None:
        _refuse_workdir(stage, parameters)
        pointer = f"{record.scope.pointer}/{stage.name}/{len(record.items)}"
        scope = self._add_scope(pointer, f"{record.scope.directory}/{name}", body, record)
        record.items.append(scope)
        record.missing += 1
        files = self._sub_files.get(scope.directory[len(RUN_ROOT) + 1 :], {}) if self._sub_files else {}
        init = self._add_init(scope, f"init_{name}", parameters, origins, init_directory(scope), files)
        scope.folders = folders_of(init)
        if not isinstance(stage.body, tuple):  # for cases, yadage ignores the options of the stage
            scope.relative, scope.discover = stage.relative, stage.discover
        self._publish_init(init, init_result(init))

    def _add_packtivity(
        self,
        record: StageRecord,
        stage: Stage,
        body: Packtivity,
        name: str,
        parameters: JsonValue,
        origins: tuple[Step, ...],
    ) -> None:
        directory = f"{record.scope.directory}/{name}"
        folders = {"workdir": directory} | {f"readdir{i}": step.directory for i, step in enumerate(origins)}
        arguments = place(parameters, folders, stage.where)
        step = self._add_step(record, stage, name, body, parameters, arguments, origins, directory)
        self.directories[directory] = step
        published = known_before_run(step, self.jq)
        if published is not MISSING:
            self._set_published(step, published)

    def _add_step(
        self,
        record: StageRecord,
        stage: Stage | None,
        name: str,
        packtivity: Packtivity | None,
        parameters: JsonValue,
        arguments: JsonValue,
        origins: tuple[Step, ...],
        directory: str,
    ) -> Step:
        self._check_room(1, str(stage.position if stage else record.scope.pointer))
        index = len(record.items)
        identity = f"{record.scope.pointer}/{record.name}/{index}"
        step = Step(
            len(self.steps),
            identity,
            name,
            record.scope,
            stage,
            index,
            packtivity,
            parameters,
            arguments,
            directory,
            origins,
        )
        self.steps.append(step)
        record.items.append(step)
        record.missing += 1
        return step

    def _check_room(self, count: int, where: str) -> None:
        if len(self.steps) + count > self._most_steps:
            raise _too_many(self._most_steps, where)

    def _set_published(self, step: Step, published: JsonValue) -> None:
        step.published = published
        record = step.record
        record.missing -= 1
        if record.complete:
            self._changed(record)

    def _changed(self, record: StageRecord) -> None:
        """Wake the rules that wait for a record; a complete record may complete its scope, and so on upward."""
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


def _too_many(most_steps: int, where: str) -> SpecError:
    return SpecError(
        f"The workflow expands to more than {most_steps} steps",
        code="spec.too-many-steps",
        where=where,
        next_step="scatter over fewer values, group them with batchsize, or raise the limit with --max-steps",
    )


def _refuse_workdir(stage: Stage, parameters: JsonValue) -> None:
    for name, value in parameters.items() if isinstance(parameters, dict) else ():
        if isinstance(value, str) and "{workdir}" in value:
            raise SpecError(
                f"Parameter {name!r} passes '{{workdir}}' to a sub-workflow, which has no work directory",
                code="spec.workdir-in-scope",
                where=stage.where,
                next_step="pass the bare name, and write '{workdir}/...' in the stage inside the sub-workflow",
            )


def _differs(step: Step, published: JsonValue) -> SpecError:
    return SpecError(
        f"Step {step.id} published one thing before it ran and another after",
        code="step.published-differs",
        where=step.where,
        why=f"Before: {step.published!r:.400}\nAfter: {published!r:.400}",
        next_step="make the publisher depend only on parameters, or only on files",
    )


def is_job(step: Step) -> bool:
    """Return whether a step has something to run; the others only publish."""
    packtivity = step.packtivity
    return packtivity is not None and packtivity.process is not None and packtivity.environment is not None


def instructions_of(step: Step) -> str | None:
    """Return the instructions for a manual step, None if the step is not manual."""
    packtivity = step.packtivity
    if packtivity is None:
        return None
    process, environment, publisher = packtivity.process, packtivity.environment, packtivity.publisher
    said = [process.template] if process is not None and process.kind == "manual" else []
    said += [environment.instructions] if isinstance(environment, ManualEnvironment) else []
    said += [publisher.instructions] if isinstance(publisher, ManualPublisher) else []
    return "\n".join(text.strip() for text in said) if said else None
