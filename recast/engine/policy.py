"""How often, how many, and how much more: the numbers that a site or a user sets."""

from __future__ import annotations

from dataclasses import dataclass

from recast.jobs import ACTIONS, Action, FailureClass, Resources

__all__ = ["Policy"]


@dataclass(frozen=True, slots=True)
class Policy:
    """`most_tries` counts all attempts of a step; `growth` multiplies memory or wall time, up to the caps."""

    most_in_flight: int = 1000
    most_tries: int = 3
    growth: float = 1.0
    memory_cap_mb: int = 16_000
    walltime_cap_s: int = 4 * 86_400
    use_cache: bool = True
    allow_host_process: bool = False

    def after(self, failure: FailureClass, tries: int, used: Resources) -> tuple[Action, Resources]:
        """Say what to do about a failed attempt, and with which resources to try again."""
        action = ACTIONS[failure]
        if action is Action.GROW:
            larger = self._grown(failure, used)
            return (Action.STOP if larger == used or tries >= self.most_tries else Action.GROW), larger
        if action is Action.RETRY and tries >= self.most_tries:
            action = Action.STOP
        return action, used

    def _grown(self, failure: FailureClass, used: Resources) -> Resources:
        memory, walltime = used.memory_mb, used.walltime_s
        if failure is FailureClass.MEMORY:
            memory = max(memory, min(int(memory * self.growth), self.memory_cap_mb))
        else:
            walltime = max(walltime, min(int(walltime * self.growth), self.walltime_cap_s))
        return Resources(cpus=used.cpus, memory_mb=memory, disk_mb=used.disk_mb, walltime_s=walltime)
