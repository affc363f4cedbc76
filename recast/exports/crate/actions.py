"""The entities of steps: tools, steps of the workflow, actions, images, machines, files that are not copied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from recast.digests import hex_of
from recast.exports.crate.entities import Entity, anchor, entity, refs, value_entity
from recast.exports.crate.facts import Action, RunFacts, StepFacts, Tool
from recast.images.reference import parse_reference

__all__ = ["CrateActions"]

_UNITS = {
    "wall_s": "https://qudt.org/vocab/unit/SEC",
    "cpu_s": "https://qudt.org/vocab/unit/SEC",
    "peak_memory_bytes": "https://qudt.org/vocab/unit/BYTE",
}


class CrateActions:
    """The entities of all steps. `placed` maps digests to files of the crate."""

    def __init__(self, facts: RunFacts, placed: Mapping[str, str], agent: str, *, hosts: bool) -> None:
        self._facts, self._placed, self._agent, self._hosts = facts, placed, agent, hosts
        self._made: dict[str, Entity] = {}
        self._tool_ids: dict[Tool, str] = {}
        for step in facts.steps:
            self._tool_ids.setdefault(step.tool, self._new_tool_id(step.tool))

    @property
    def tools(self) -> list[str]:
        """The identifiers of what the steps ran."""
        return list(self._tool_ids.values())

    @property
    def how_to(self) -> list[str]:
        """The identifiers of the workflow's stages with started steps."""
        return [anchor("step", stage) for stage in self._stages]

    @property
    def controls(self) -> list[str]:
        """The identifiers of the engine's actions, one per step."""
        return [anchor("control", step.id) for step in self._facts.steps]

    @property
    def actions(self) -> list[str]:
        """The identifiers of all actions for steps."""
        return [_action_id(step, action) for step in self._facts.steps for action in step.actions]

    def entities(self) -> Iterator[Entity]:
        """Yield the entities, each once."""
        for entity_of_stage in self._how_to_steps():
            self._add(entity_of_stage)
        for tool, identifier in self._tool_ids.items():
            self._add(_tool_entity(tool, identifier))
        for step in self._facts.steps:
            self._step(step)
        yield from self._made.values()

    @property
    def _stages(self) -> list[str]:
        begun = {step.stage for step in self._facts.steps}
        return [stage for stage in self._facts.stages if stage in begun]

    def _new_tool_id(self, tool: Tool) -> str:
        twins = sum(other.name == tool.name for other in self._tool_ids)
        return anchor("tool", tool.name, *([twins + 1] if twins else []))

    def _how_to_steps(self) -> Iterator[Entity]:
        position = {stage: number for number, stage in enumerate(self._facts.stages, 1)}
        for stage in self._stages:
            tools = [identifier for tool, identifier in self._tool_ids.items() if tool.name == stage]
            identifier = anchor("step", stage)
            yield entity(identifier, "HowToStep", name=stage, position=str(position[stage]), workExample=refs(tools))

    def _step(self, step: StepFacts) -> None:
        done = not step.actions[-1].error
        self._add(
            entity(
                anchor("control", step.id),
                "ControlAction",
                name=f"Orchestration of {step.id}",
                instrument={"@id": anchor("step", step.stage)},
                object=refs(_action_id(step, action) for action in step.actions),
                actionStatus=_status(done),
                error="" if done else step.reason or step.state,
            )
        )
        for action in step.actions:
            self._action(step, action)

    def _action(self, step: StepFacts, action: Action) -> None:
        identifier = _action_id(step, action)
        agent = self._agent
        if action.who:
            agent = self._add(entity(anchor("person", action.who), "Person", name=action.who))
        self._add(
            entity(
                identifier,
                "CreateAction",
                name=f"Step {step.id}, attempt {action.number}",
                description=_description(step, action),
                instrument={"@id": self._tool_ids[step.tool]},
                agent={"@id": agent},
                startTime=action.started,
                endTime=action.ended,
                actionStatus=_status(not action.error),
                error=action.error,
                object=refs(self._objects(step, action, identifier)),
                result=refs(self._results(action, identifier)),
                containerImage=refs(self._image(step.tool, action)),
                location=refs(self._machine(action)),
                resourceUsage=refs(self._usage(action, identifier)),
            )
        )

    def _objects(self, step: StepFacts, action: Action, identifier: str) -> Iterator[str]:
        yield self._add(value_entity(f"{identifier}/parameters", "parameters", step.parameters))
        if action.cached_from:
            yield self._add(value_entity(f"{identifier}/cached-from", "cached from", action.cached_from))
        for item in step.inputs:
            yield self._file(item.path, item.digest, item.size)

    def _results(self, action: Action, identifier: str) -> Iterator[str]:
        for item in action.outputs:
            yield self._file(item.path, item.digest, item.size)
        if action.exit_code is not None or not action.outputs:
            value = "none" if action.exit_code is None else action.exit_code
            yield self._add(value_entity(f"{identifier}/exit-code", "exit code", value))

    def _file(self, path: str, digest: str, size: int) -> str:
        """Return the file of the crate with this content, or an entity that describes the file."""
        if digest in self._placed:
            return self._placed[digest]
        return self._add(
            entity(
                anchor("file", hex_of(digest)),
                "CreativeWork",
                name=path,
                description="A file between two steps; it is not in the crate.",
                contentSize=str(size),
                sha256=hex_of(digest),
            )
        )

    def _image(self, tool: Tool, action: Action) -> Iterator[str]:
        digest = action.image or tool.digest or tool.image.rpartition("@")[2]
        if not tool.image or not digest.startswith("sha256:"):
            return
        reference = parse_reference(tool.image)
        first, slash, rest = reference.name.partition("/")
        named = bool(slash) and ("." in first or ":" in first or first == "localhost")
        yield self._add(
            entity(
                anchor("image", hex_of(digest)),
                "ContainerImage",
                name=rest if named else reference.name,
                additionalType={"@id": "https://w3id.org/ro/terms/workflow-run#DockerImage"},
                registry=first if named else "docker.io",
                tag=reference.tag,
                sha256=hex_of(digest),
                identifier=f"{reference.name}@{digest}",
            )
        )

    def _machine(self, action: Action) -> Iterator[str]:
        if self._hosts and action.host:
            yield self._add(entity(anchor("host", action.host), "Place", name=action.host))

    def _usage(self, action: Action, identifier: str) -> Iterator[str]:
        for name, value in action.used.items():
            made = value_entity(f"{identifier}/{name}", name, value, propertyID=name, unitCode=_UNITS[name])
            yield self._add(made)

    def _add(self, made: Entity) -> str:
        self._made.setdefault(made["@id"], made)
        return str(made["@id"])


def _tool_entity(tool: Tool, identifier: str) -> Entity:
    made = entity(
        identifier,
        "SoftwareSourceCode",
        name=tool.name,
        description="What the steps of this stage run, before parameters are filled in",
        text=tool.template,
        version=tool.digest or tool.image or "1",
        url={"@id": "#yadage"},
    )
    if tool.interpreter and tool.template:
        made["runtimePlatform"] = tool.interpreter
    return made


def _description(step: StepFacts, action: Action) -> str:
    if action.cached_from:
        run, _, other = action.cached_from.partition(" ")
        return f"Not run: image, command, inputs and environment were those of {other} of run {run}; its files serve."
    if action.who:
        return f"Done by a person: {action.who}."
    where = f" with {action.runtime}" if action.runtime else ""
    return f"A step of stage {step.stage}, run by the executor {action.executor}{where}."


def _action_id(step: StepFacts, action: Action) -> str:
    return anchor("action", step.id, action.number)


def _status(done: bool) -> str:
    return f"http://schema.org/{'Completed' if done else 'Failed'}ActionStatus"
