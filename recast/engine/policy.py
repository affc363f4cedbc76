"""How often, how many, how long and how much more: the numbers that a site or a user sets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from recast.jobs import RULES, Action, FailureClass, Resources

__all__ = ["Policy"]


@dataclass(frozen=True, slots=True)
class Policy:
    """The numbers around the table of failure classes (`recast.jobs.RULES`).

    `most_tries` bounds the table's tries, `patience` multiplies its waits (0: tried again at once) and
    `longest_wait_s` bounds them. `growth` multiplies memory or wall time, up to the caps. A node where `bad_after`
    attempts in a row failed for reasons of the node, those of two steps at least, is avoided by the whole run.
    """

    most_in_flight: int = 1000
    most_tries: int = 3
    patience: float = 0.0
    longest_wait_s: float = 1800.0
    growth: float = 1.0
    memory_cap_mb: int = 16_000
    walltime_cap_s: int = 4 * 86_400
    bad_after: int = 3
    use_cache: bool = True
    allow_host_process: bool = False

    def after(self, failure: FailureClass, tries: int, used: Resources) -> tuple[Action, Resources]:
        """Say what to do after so many failures of a class, and with which resources to try again."""
        action = RULES[failure].action
        if tries >= self.tries_for(failure):
            return Action.STOP, used
        if action is not Action.GROW:
            return action, used
        larger = self._grown(failure, used)
        return (Action.STOP if larger == used else Action.GROW), larger

    def tries_for(self, failure: FailureClass) -> int:
        """Return how many attempts of a step may fail in this way before it stops."""
        rule = RULES[failure]
        return rule.tries if rule.action is Action.PAUSE else min(rule.tries, self.most_tries)

    def wait_s(self, failure: FailureClass, tries: int) -> float:
        """Return how long to wait after so many failures of a class: twice as long each time, with a bound."""
        if tries < 1:
            return 0.0
        return self.patience * min(RULES[failure].wait_s * 2.0 ** min(tries - 1, 32), self.longest_wait_s)

    def _grown(self, failure: FailureClass, used: Resources) -> Resources:
        if failure is FailureClass.MEMORY:
            memory = max(used.memory_mb, min(int(used.memory_mb * self.growth), self.memory_cap_mb))
            return replace(used, memory_mb=memory)
        walltime = max(used.walltime_s, min(int(used.walltime_s * self.growth), self.walltime_cap_s))
        return replace(used, walltime_s=walltime)
