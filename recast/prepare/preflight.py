"""Detect what is certain to fail before a run exists."""

from __future__ import annotations

from collections.abc import Collection

from recast.engine import RunPlan
from recast.engine.make_job import unpinned
from recast.errors import PermissionDenied, RuntimeUnavailable
from recast.jq import jq
from recast.site import NEEDS
from recast.site.lent import said_of
from recast.spec.model import ContainerEnvironment, HostEnvironment, Workflow
from recast.spec.needs import needs_of
from recast.spec.traverse import packtivities_of
from recast.workflow import Expansion

__all__ = ["check", "has_containers"]


def check(plan: RunPlan, *, allow_host_process: bool, provides: Collection[str] = ()) -> None:
    """Raise what would certainly stop the run.

    PermissionDenied for a process on the host, RuntimeUnavailable for what a step needs and the site does not have
    (`provides`), SpecError for an image without digest and for stages that cannot expand with these inputs.
    """
    for body in packtivities_of(plan.workflow):
        environment = body.environment
        if body.process is None or body.process.kind == "manual":
            continue
        if isinstance(environment, HostEnvironment) and not allow_host_process:
            raise PermissionDenied(
                "The workflow wants to run processes on the host itself (localproc-env)",
                code="permission.host-process",
                where=str(body.position or "workflow"),
                why="A process on the host sees your files and the network.",
                next_step="add --allow-host-process if you trust this workflow, or give its steps a container image",
            )
        if isinstance(environment, ContainerEnvironment):
            problem = unpinned(environment, plan.pins, str(environment.position or body.position or ""))
            if problem is not None:
                raise problem
            _check_needs(environment, str(environment.position or body.position or ""), provides)
    if "cvmfs" not in provides and any(said.cvmfs for said in plan.overrides.everywhere.values()):
        raise _lacking("cvmfs", "--cvmfs", "The user asks for it.")
    expansion = Expansion(plan.workflow, jq=jq, most_steps=plan.most_steps)
    expansion.start(plan.inputs, plan.files, sub_files=plan.sub_files)
    if expansion.problems:
        raise expansion.problems[0]
    for step in expansion.steps:
        # Steps and scopes refer to each other: breaking these cycles frees their memory before the run starts.
        step.scope.records.clear()


def _check_needs(environment: ContainerEnvironment, where: str, provides: Collection[str]) -> None:
    lacking = [need for need in needs_of(environment.resources) if need not in provides]
    if lacking:
        raise _lacking(lacking[0], where, f"Its resources ask for {', '.join(needs_of(environment.resources))}.")


def _lacking(need: str, where: str, why: str) -> RuntimeUnavailable:
    return RuntimeUnavailable(
        f"A step needs {need}, which is not available here",
        code="site.lacks",
        where=where,
        why=f"{why}{said_of(need)}",
        next_step=NEEDS[need],
    )


def has_containers(workflow: Workflow) -> bool:
    """Return whether any step of the workflow needs a container."""
    return any(isinstance(body.environment, ContainerEnvironment) for body in packtivities_of(workflow))
