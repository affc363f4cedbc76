"""What spec and user ask for a step besides its command: resources, environment, needs of the site, exceptions."""

from __future__ import annotations

from recast.engine.overrides import NO_OVERRIDES, RunOverrides
from recast.jobs import NO_WISHES, Bind, Resources, Wishes
from recast.json_types import JsonObject, JsonValue
from recast.spec.model import ContainerEnvironment
from recast.spec.needs import bounds_of, needs_of
from recast.workflow import Step

__all__ = [
    "binds_of",
    "env_of",
    "needs_of_step",
    "options_for",
    "options_of",
    "resources_for",
    "resources_of",
    "wishes_of",
]


def options_of(step: Step, overrides: RunOverrides = NO_OVERRIDES) -> JsonObject:
    """Return the `recast:` options of a step.

    The user's options take precedence over the stage's, these over its environment's, and all over REANA's hints.
    """
    environment = step.packtivity.environment if step.packtivity else None
    said = overrides.of(step).options if overrides is not NO_OVERRIDES else {}
    return options_for(step.stage.options if step.stage else {}, environment, said)


def options_for(of_stage: JsonObject, environment: JsonValue, said: JsonObject) -> JsonObject:
    """Return the options of a stage's steps in an environment, with the user's options on top."""
    if said:
        of_stage = {**of_stage, **said}
    if not isinstance(environment, ContainerEnvironment):
        return of_stage
    hints = bounds_of(environment.resources) if environment.resources else {}
    return {**hints, **environment.options, **of_stage} if hints or environment.options else of_stage


def resources_of(step: Step, overrides: RunOverrides = NO_OVERRIDES) -> Resources:
    """Return the resources that user and spec ask for, with defaults for the rest."""
    return resources_for(options_of(step, overrides))


def resources_for(options: JsonObject) -> Resources:
    """Return the resources that options ask for, with defaults for the rest."""
    default = Resources()
    if not options:
        return default
    return Resources(
        cpus=float(options.get("cpus", default.cpus)),
        memory_mb=int(options.get("memory_mb", default.memory_mb)),
        disk_mb=int(options.get("disk_mb", default.disk_mb)),
        walltime_s=int(options.get("walltime_s", default.walltime_s)),
        gpus=int(options.get("gpus", default.gpus)),
    )


def env_of(step: Step, overrides: RunOverrides = NO_OVERRIDES) -> dict[str, str]:
    """Return the variables that spec and user declare for the step; the user's take precedence."""
    environment = step.packtivity.environment if step.packtivity else None
    declared = dict(environment.env) if isinstance(environment, ContainerEnvironment) else {}
    return declared if overrides is NO_OVERRIDES else {**declared, **overrides.of(step).env}


def binds_of(step: Step, overrides: RunOverrides = NO_OVERRIDES) -> tuple[Bind, ...]:
    """Return the user's binds for the step's container; none for a process on the host."""
    environment = step.packtivity.environment if step.packtivity else None
    if overrides is NO_OVERRIDES or not isinstance(environment, ContainerEnvironment):
        return ()
    return overrides.of(step).binds


def needs_of_step(step: Step, overrides: RunOverrides = NO_OVERRIDES) -> tuple[str, ...]:
    """Return what the site must have for the step: `cvmfs`, `grid-proxy`, `kerberos`; sorted."""
    environment = step.packtivity.environment if step.packtivity else None
    if not isinstance(environment, ContainerEnvironment):
        return ()
    needs = needs_of(environment.resources)
    if overrides is NO_OVERRIDES or not overrides.of(step).cvmfs:
        return needs
    return tuple(sorted({*needs, "cvmfs"}))


def wishes_of(step: Step, overrides: RunOverrides = NO_OVERRIDES) -> Wishes:
    """Return what the user wishes for the step's job besides resources; nothing for a process on the host."""
    environment = step.packtivity.environment if step.packtivity else None
    if overrides is NO_OVERRIDES or not isinstance(environment, ContainerEnvironment):
        return NO_WISHES
    return overrides.of(step).wishes
