"""The command that submits a step: its job, where it should not run, and why it runs. Pure."""

from __future__ import annotations

from dataclasses import replace

from recast.engine.commands import Fail, Submit
from recast.engine.ending import in_lines
from recast.engine.make_job import job_for
from recast.engine.nodes import Hosts
from recast.engine.options import resources_of
from recast.engine.plan import RunPlan
from recast.engine.policy import Policy
from recast.engine.steprun import StepRun
from recast.workflow import Expansion

__all__ = ["submission"]


def submission(run: StepRun, plan: RunPlan, policy: Policy, expansion: Expansion, hosts: Hosts) -> Submit | Fail:
    """Return the next attempt of a step, under a token of its own; Fail if the step cannot become a job."""
    attempt = run.attempts + 1
    try:
        job = job_for(
            run.step,
            f"{plan.run}-{run.step.number}-{attempt}",
            plan.pins,
            expansion.directories,
            run.resources or resources_of(run.step, plan.overrides),
            expansion.jq,
            allow_host_process=policy.allow_host_process,
            overrides=plan.overrides,
        )
    except Exception as error:  # whatever a step left, the others go on
        return Fail(run.step.id, in_lines(error))
    avoided = hosts.to_avoid(run.failed_on)
    if avoided:
        job = replace(job, avoid_hosts=avoided)
    return Submit(run.step.id, job, attempt, run.reason or _first_reason(policy))


def _first_reason(policy: Policy) -> str:
    return "not in the cache" if policy.use_cache else "the cache is off"
