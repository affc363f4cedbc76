"""A workflow spec as frozen objects, which the loader builds and `recast.workflow` expands.

Names follow the yadage language (`docs/reference/language.md`); values keep their JSON types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from recast.json_types import JsonObject, JsonValue

__all__ = [
    "BatchSize",
    "Body",
    "Case",
    "ConstantPublisher",
    "ContainerEnvironment",
    "Dependencies",
    "Environment",
    "FromGlobPublisher",
    "FromJqPublisher",
    "FromParametersPublisher",
    "FromYamlPublisher",
    "HostEnvironment",
    "InterpolatedPublisher",
    "JqScheduler",
    "ManualEnvironment",
    "ManualPublisher",
    "NoopEnvironment",
    "Packtivity",
    "ParameterMount",
    "Position",
    "Process",
    "Publisher",
    "Scatter",
    "Selector",
    "Stage",
    "ValueReference",
    "Workflow",
]


@dataclass(frozen=True, slots=True)
class Position:
    """A position: file (relative to the toplevel), 1-based line, key as a JSON pointer."""

    file: str
    line: int
    key: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.key}"


@dataclass(frozen=True, slots=True)
class Selector:
    """A reference to outputs of other stages (`stage-output-selector`).

    `path` is a JSONPath over the stages of the scope. `single` is the spelling `step:`, which means exactly one
    match and its bare value; otherwise (`stages:`/`steps:`) the value is a list, shaped by `unwrap` and `flatten`.
    """

    path: str
    output: str | None
    single: bool = False
    unwrap: bool = False
    flatten: bool = False
    position: Position | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ValueReference:
    """A reference to a registered value (`fromvalue`) of this scope or of the scope named."""

    key: str
    scope: str | None = None
    position: Position | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Process:
    """What a step runs: a command (`sh -c`), a script for an interpreter, or instructions for a person."""

    kind: Literal["command", "script", "manual"]
    template: str
    interpreter: str = "sh"
    position: Position | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ParameterMount:
    """A file at `mountpath` with the output of `jqscript` for the parameters."""

    mountpath: str
    jqscript: str


@dataclass(frozen=True, slots=True)
class ContainerEnvironment:
    """`docker-encapsulated`. `image` and `tag` as written; `options` is the `recast:` extension, validated:

    cpus, memory_mb, disk_mb, walltime_s, gpus, network (bool), optional_outputs (list of globs), path_files (names of
    parameters that are passed as a file, one item per line). It is read from a key `recast:` and from an item `{recast:
    {...}}` of `resources`, which yadage accepts too.
    """

    image: str
    tag: str = "latest"
    resources: tuple[Any, ...] = ()
    envscript: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    workdir: str | None = None
    parameter_mounts: tuple[ParameterMount, ...] = ()
    options: JsonObject = field(default_factory=dict)
    position: Position | None = field(default=None, compare=False)

    @property
    def reference(self) -> str:
        """The image as one string: `name@sha256:...` if the name holds a digest, else `name:tag`."""
        return self.image if "@sha256:" in self.image else f"{self.image}:{self.tag}"


@dataclass(frozen=True, slots=True)
class HostEnvironment:
    """`localproc-env`: a process on the host, for tests and trusted specs only."""


@dataclass(frozen=True, slots=True)
class NoopEnvironment:
    """`noop-env`: nothing runs."""


@dataclass(frozen=True, slots=True)
class ManualEnvironment:
    """`manual-instructions-env`: a person does the step."""

    instructions: str


Environment: TypeAlias = ContainerEnvironment | HostEnvironment | NoopEnvironment | ManualEnvironment


@dataclass(frozen=True, slots=True)
class InterpolatedPublisher:
    """`interpolated-pub`: any JSON value whose strings are templates over the parameters and `{workdir}`."""

    publish: JsonValue
    glob: bool = False
    relative_paths: bool = False


@dataclass(frozen=True, slots=True)
class FromParametersPublisher:
    """`frompar-pub`: output name (nested maps allowed) -> parameter name."""

    outputmap: JsonObject


@dataclass(frozen=True, slots=True)
class FromYamlPublisher:
    """`fromyaml-pub`: the whole YAML file in the work directory is the result."""

    yamlfile: str


@dataclass(frozen=True, slots=True)
class FromGlobPublisher:
    """`fromglob-pub`: one output, the list of files that match."""

    outputkey: str
    globexpression: str


@dataclass(frozen=True, slots=True)
class ConstantPublisher:
    """`constant-pub`: a fixed value."""

    publish: JsonObject


@dataclass(frozen=True, slots=True)
class FromJqPublisher:
    """`fromparjq-pub`: the output of a jq program for the parameters."""

    script: str = "."
    try_exact: bool = True
    glob: bool = False
    relative_paths: bool = False


@dataclass(frozen=True, slots=True)
class ManualPublisher:
    """`manual-instructions-pub`: a person enters the result."""

    instructions: str


Publisher: TypeAlias = (
    InterpolatedPublisher
    | FromParametersPublisher
    | FromYamlPublisher
    | FromGlobPublisher
    | ConstantPublisher
    | FromJqPublisher
    | ManualPublisher
)


@dataclass(frozen=True, slots=True)
class Packtivity:
    """What one step runs, where, and what it publishes. Without process and environment it only publishes values."""

    process: Process | None
    environment: Environment | None
    publisher: Publisher
    position: Position | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Case:
    """One branch of `cases`: a jq condition on the parameters, and the body it chooses."""

    condition: str
    body: Packtivity | Workflow


Body: TypeAlias = "Packtivity | Workflow | tuple[Case, ...] | None"


@dataclass(frozen=True, slots=True)
class BatchSize:
    """How scattered lists are grouped: chunks of `size` (`batchsize`) or `size` parts (`partitionsize`)."""

    kind: Literal["batch", "partition"]
    size: int


@dataclass(frozen=True, slots=True)
class Scatter:
    """How a multistep stage multiplies: the method as written, and the parameters that are scattered."""

    method: str
    parameters: tuple[str, ...]
    grouping: BatchSize | None = None


@dataclass(frozen=True, slots=True)
class JqScheduler:
    """What only a jq-stage has."""

    bindings: JsonValue
    stepscript: str = "[.]"
    postscript: str = "."


@dataclass(frozen=True, slots=True)
class Dependencies:
    """When a stage may expand: every JSONPath ready, or every expression truthy (`expressions_fulfilled`)."""

    kind: Literal["jsonpath_ready", "expressions_fulfilled"] = "jsonpath_ready"
    expressions: tuple[Any, ...] = ()
    """JSONPath strings for jsonpath_ready; Selector, ValueReference or plain values for expressions_fulfilled."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One entry of the workflow.

    `parameters` maps a name to a Selector, a ValueReference or a plain JSON value. Selectors occur only at the top
    level of a parameter, as in yadage. `scatter` is set for a multistep-stage, `jq` for a jq-stage. `options` are those
    of `recast:`, as in a container environment, over which they take precedence.
    """

    name: str
    dependencies: Dependencies
    parameters: JsonObject
    body: Body
    scatter: Scatter | None = None
    jq: JqScheduler | None = None
    discover: bool = False
    relative: bool = True
    register_values: JsonObject = field(default_factory=dict)
    options: JsonObject = field(default_factory=dict)
    position: Position | None = field(default=None, compare=False)

    @property
    def where(self) -> str:
        """Return where the stage is written, for messages."""
        return str(self.position or self.name)


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow or sub-workflow: stages with unique names, in the order of the file."""

    stages: tuple[Stage, ...]
    position: Position | None = field(default=None, compare=False)
