"""The retry policy: how many tries, how long to wait, and how much more to ask for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from recast.counted import counted
from recast.engine.nodes import NodeHealth
from recast.engine.steps import StepRun
from recast.jobs import RULES, Action, FailureClass, Resources

__all__ = ["Policy", "after_failure"]


def after_failure(
    run: StepRun,
    failure: FailureClass,
    why: str,
    used: Resources,
    policy: Policy,
    hosts: NodeHealth,
    time: float,
    *,
    counted: bool,
) -> Action:
    """Record a failure in the step and the nodes, and return what to do.

    Unless that is STOP, the step gets the resources and the time (`not_before`) of its next attempt. Its `reason` is
    set in any case. A failure uses up a try of its class if it is `counted` and not the fault of a node that is known
    to be bad.
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
    # A pause is a wait in itself; the step waits further only if the pause did not help.
    wait_s = policy.wait_s(failure, tries - (action is Action.PAUSE)) if counted else 0.0
    run.not_before = time + wait_s if wait_s else 0.0
    run.reason = f"attempt {run.attempts} failed ({failure}): {why}{_grown(used, larger)}"
    run.resources = larger
    return action


def _why_stopped(failure: FailureClass, tries: int, policy: Policy, hosts: NodeHealth) -> str:
    told = ""
    if 1 < tries >= policy.tries_for(failure):
        told = f"\nIt was tried {counted(tries, 'time')}, which is the limit for failures of this kind."
    if RULES[failure].elsewhere and hosts.all_bad:
        told += f"\nAll nodes that this run has used fail its jobs: {hosts.in_words}."
    return told


def _grown(before: Resources, after: Resources) -> str:
    if after.memory_mb > before.memory_mb:
        return f"; now with {after.memory_mb} MB instead of {before.memory_mb} MB"
    if after.walltime_s > before.walltime_s:
        return f"; now with {after.walltime_s} s instead of {before.walltime_s} s"
    return ""


@dataclass(frozen=True, slots=True)
class Policy:
    """The parameters of the table of failure classes (`recast.jobs.RULES`).

    `most_tries` bounds the table's tries, `patience` multiplies its waits (0: tried again at once) and
    `longest_wait_s` bounds them. `growth` multiplies memory or wall time, up to the caps. A node where `bad_after`
    attempts in a row failed for reasons of the node, those of two steps at least, is avoided by the whole run.
    `said_tries` is the user's own word: so often a step may be started, and a failure of its own is then tried again.
    An executor with `slots` runs so many jobs at once and has no queue of its own: it is not given many in advance.
    """

    most_in_flight: int = 1000
    slots: int = 0
    most_tries: int = 3
    patience: float = 0.0
    longest_wait_s: float = 1800.0
    growth: float = 1.0
    memory_cap_mb: int = 16_000
    walltime_cap_s: int = 4 * 86_400
    bad_after: int = 3
    use_cache: bool = True
    allow_host_process: bool = False
    said_tries: int | None = None

    def after(self, failure: FailureClass, tries: int, used: Resources) -> tuple[Action, Resources]:
        """Return what to do after `tries` failures of a class, and the resources for the retry."""
        action = RULES[failure].action
        if tries >= self.tries_for(failure):
            return Action.STOP, used
        if action is Action.STOP:
            return Action.RETRY, used
        if action is not Action.GROW:
            return action, used
        larger = self._grown(failure, used)
        return (Action.STOP if larger == used else Action.GROW), larger

    def tries_for(self, failure: FailureClass) -> int:
        """Return how many attempts of a step may fail with this class before it stops."""
        rule = RULES[failure]
        if rule.action is Action.PAUSE:
            return rule.tries
        if self.said_tries is None:
            return min(rule.tries, self.most_tries)
        return self.said_tries if rule.action is not Action.STOP or failure is FailureClass.USER else rule.tries

    def wait_s(self, failure: FailureClass, tries: int) -> float:
        """Return how long to wait after `tries` failures of a class: twice as long each time, up to a limit."""
        if tries < 1:
            return 0.0
        return self.patience * min(RULES[failure].wait_s * 2.0 ** min(tries - 1, 32), self.longest_wait_s)

    def _grown(self, failure: FailureClass, used: Resources) -> Resources:
        if failure is FailureClass.MEMORY:
            memory = max(used.memory_mb, min(int(used.memory_mb * self.growth), self.memory_cap_mb))
            return replace(used, memory_mb=memory)
        walltime = max(used.walltime_s, min(int(used.walltime_s * self.growth), self.walltime_cap_s))
        return replace(used, walltime_s=walltime)
