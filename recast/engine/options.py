"""What a spec asks for a step besides its command: resources, needs of the site, exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recast.jobs import Resources
from recast.spec.model import ContainerEnvironment
from recast.spec.needs import bounds_of, needs_of
from recast.workflow import Step

__all__ = ["needs_of_step", "options_of", "resources_of"]


def options_of(step: Step) -> Mapping[str, Any]:
    """Return the `recast:` options of a step: its stage's win over its environment's, and both over REANA's hints."""
    environment = step.packtivity.environment if step.packtivity else None
    of_stage = step.stage.options if step.stage else {}
    if not isinstance(environment, ContainerEnvironment):
        return of_stage
    hints = bounds_of(environment.resources) if environment.resources else {}
    return {**hints, **environment.options, **of_stage} if hints or environment.options else of_stage


def resources_of(step: Step) -> Resources:
    """Return the resources that the spec asks for the step, with the defaults for the rest."""
    options, default = options_of(step), Resources()
    if not options:
        return default
    return Resources(
        cpus=float(options.get("cpus", default.cpus)),
        memory_mb=int(options.get("memory_mb", default.memory_mb)),
        disk_mb=int(options.get("disk_mb", default.disk_mb)),
        walltime_s=int(options.get("walltime_s", default.walltime_s)),
    )


def needs_of_step(step: Step) -> tuple[str, ...]:
    """Return what the site must have for the step: `cvmfs`, `grid-proxy`, `kerberos`."""
    environment = step.packtivity.environment if step.packtivity else None
    return needs_of(environment.resources) if isinstance(environment, ContainerEnvironment) else ()
