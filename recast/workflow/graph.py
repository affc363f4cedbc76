"""The known scopes, stages and steps of a run. Plain state, changed only by `Expansion`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from recast.jobs import Artifact
from recast.json_types import JsonDict, JsonValue
from recast.spec.model import Packtivity, Stage, Workflow
from recast.spec.paths import Segment

__all__ = ["MISSING", "Scope", "StageRecord", "Step"]

MISSING: JsonValue = object()
"""A placeholder for a result that is not known yet; None is a result."""


@dataclass(eq=False, slots=True)
class Step:
    """One node of the DAG.

    `parameters` are as in yadage (`{workdir}` unexpanded); in `arguments` it is replaced by the logical `directory`.
    `published` is MISSING until the result is known, which may be before the step has run. `outputs` are its output
    files, by path relative to its directory; they are known once it has `finished`.
    """

    number: int
    id: str
    name: str
    scope: Scope
    stage: Stage | None
    index: int
    packtivity: Packtivity | None
    parameters: JsonValue
    arguments: JsonValue
    directory: str
    depends_on: tuple[Step, ...]
    published: JsonValue = MISSING
    outputs: Mapping[str, Artifact] = field(default_factory=dict)
    finished: bool = False

    @property
    def where(self) -> str:
        """The position in the spec of what the step runs, for messages."""
        return str((self.packtivity and self.packtivity.position) or self.id)

    @property
    def record(self) -> StageRecord:
        """The record of the stage that this step is an instance of."""
        return self.scope.records[self.stage.name if self.stage else "init"]


@dataclass(eq=False, slots=True)
class StageRecord:
    """The instances of one stage in one scope: steps or sub-scopes, in scatter order.

    `missing` counts the instances without a result; `waiters` are rules to continue when this changes. `skipped` says
    why no stage that depends on this one will ever run: a condition was false, here or in a scope below; empty
    otherwise.
    """

    name: str
    scope: Scope
    items: list[JsonValue] = field(default_factory=list)
    expanded: bool = False
    missing: int = 0
    waiters: list[JsonValue] = field(default_factory=list)
    skipped: str = ""

    @property
    def complete(self) -> bool:
        """Whether every instance exists and has its result."""
        return self.expanded and not self.missing


@dataclass(eq=False, slots=True)
class Scope:
    """One instance of a (sub-)workflow. `pointer` is `""` for the root, such as `/map/3` below it.

    `folders` are those that its init can read, each with the step whose files are in it. Names in its parameters refer
    to these folders if they are `relative`, and patterns do with `discover`.
    """

    pointer: str
    directory: str
    workflow: Workflow
    parent: StageRecord | None
    records: dict[str, StageRecord] = field(default_factory=dict)
    open_stages: int = 0
    values: JsonDict = field(default_factory=dict)
    folders: tuple[tuple[str, Step], ...] = ()
    relative: bool = True
    discover: bool = False

    def named(self, segment: Segment) -> Iterator[StageRecord]:
        """Yield the records of the stages that a level of a path names; unknown names are skipped."""
        for name in segment.names:
            if name == "*":
                yield from self.records.values()
            elif name in self.records:
                yield self.records[name]

    def select(self, path: tuple[Segment, ...]) -> Iterator[JsonValue]:
        """Yield the steps and scopes that a path matches, in order."""
        head, rest = path[0], path[1:]
        for record in self.named(head):
            for item in head.pick(record.items):
                if not rest:
                    yield item
                elif isinstance(item, Scope):
                    yield from item.select(rest)
