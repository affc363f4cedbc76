"""Everything that is fixed when a run is created."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from recast.engine.overrides import NO_OVERRIDES, RunOverrides
from recast.jobs import Artifact
from recast.json_types import JsonObject
from recast.spec.model import Workflow
from recast.workflow import MOST_STEPS

__all__ = ["RunPlan"]


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What the engine runs, with which inputs.

    `given` are the inputs as the user gave them, `inputs` the same with names of files resolved: the result of the
    root's init. `files` are those of the init directory that the inputs refer to, by path relative to it; `sub_files`
    are the same for sub-workflows, by the names of the stages that lead there. `pins` map an image reference to its
    manifest digest. `most_steps` limits the number of steps. `overrides` are what the user sets in place of the spec.
    """

    run: str
    workflow: Workflow
    inputs: JsonObject
    given: JsonObject
    files: Mapping[str, Artifact] = field(default_factory=dict)
    pins: Mapping[str, str] = field(default_factory=dict)
    sub_files: Mapping[str, Mapping[str, Artifact]] = field(default_factory=dict)
    most_steps: int = MOST_STEPS
    overrides: RunOverrides = NO_OVERRIDES
