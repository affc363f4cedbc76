"""What is made of a failed attempt: which tries it used up, what comes next, when, and where not. Pure."""

from __future__ import annotations

from recast.counted import counted
from recast.engine.nodes import Hosts
from recast.engine.policy import Policy
from recast.engine.steprun import StepRun
from recast.jobs import RULES, Action, FailureClass, Resources

__all__ = ["after_failure"]


def after_failure(
    run: StepRun,
    failure: FailureClass,
    why: str,
    used: Resources,
    policy: Policy,
    hosts: Hosts,
    time: float,
    *,
    counted: bool,
) -> Action:
    """Write a failure into the step and the nodes, and return what to do.

    Unless that is STOP, the step has the resources and the time (`not_before`) of its next attempt. In any case its
    `reason` is what to tell about it. A failure uses up a try of its class if it is `counted` and not the fault of a
    node that is known to be bad.
    """
    rule = RULES[failure]
    if rule.elsewhere and run.host:
        counted = counted and not hosts.excuses(run.host, run.avoided)
        hosts.failed(run.host, run.step.id, why)
        run.failed_on = (*(host for host in run.failed_on if host != run.host), run.host)
    if counted:
        run.tries[failure] = run.tries.get(failure, 0) + 1
    tries = run.tries.get(failure, 0)
    action, larger = policy.after(failure, tries, used)
    if action is Action.STOP:
        run.reason = why + _why_stopped(failure, tries, policy, hosts)
        return action
    # A pause is a wait itself; only if it did not help is there another.
    wait_s = policy.wait_s(failure, tries - (action is Action.PAUSE)) if counted else 0.0
    run.not_before = time + wait_s if wait_s else 0.0
    run.reason = f"attempt {run.attempts} failed ({failure}): {why}{_grown(used, larger)}"
    run.resources = larger
    return action


def _why_stopped(failure: FailureClass, tries: int, policy: Policy, hosts: Hosts) -> str:
    told = ""
    if 1 < tries >= policy.tries_for(failure):
        told = f"\nIt was tried {counted(tries, 'time')}, which is the bound for failures of this kind."
    if RULES[failure].elsewhere and hosts.all_bad:
        told += f"\nEvery node that this run has seen fails its jobs: {hosts.in_words}."
    return told


def _grown(before: Resources, after: Resources) -> str:
    if after.memory_mb > before.memory_mb:
        return f"; now with {after.memory_mb} MB instead of {before.memory_mb} MB"
    if after.walltime_s > before.walltime_s:
        return f"; now with {after.walltime_s} s instead of {before.walltime_s} s"
    return ""
