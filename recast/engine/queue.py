"""Steps on their way to an executor: looked up in the cache, kept waiting for an equal one, submitted by the batch.

Pure: nothing but queues.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress

from recast.engine.commands import Command, Fail, LookUp
from recast.engine.ending import in_lines
from recast.engine.make_job import cache_key
from recast.engine.nodes import Hosts
from recast.engine.plan import RunPlan
from recast.engine.policy import Policy
from recast.engine.steprun import StepRun
from recast.engine.submission import submission
from recast.engine.twins import Twins
from recast.jobs import StepState
from recast.workflow import Expansion

__all__ = ["Queue"]


class Queue:
    """Ready steps, then steps to submit. `twins` keeps equal steps apart."""

    def __init__(
        self, plan: RunPlan, policy: Policy, expansion: Expansion, hosts: Hosts, in_flight: Mapping[str, StepRun]
    ) -> None:
        self._plan = plan
        self._policy = policy
        self._expansion = expansion
        self._hosts = hosts
        self._in_flight = in_flight
        self._ready: deque[StepRun] = deque()
        self._to_submit: deque[StepRun] = deque()
        self.twins = Twins()

    def add(self, run: StepRun) -> None:
        """Let a ready step in, once."""
        if not run.queued:
            run.queued = True
            self._ready.append(run)

    def not_cached(self, run: StepRun) -> None:
        """Take in that the cache does not have a step: it runs, unless an equal one does already."""
        if not self.twins.waits(run):
            self._to_submit.append(run)

    def commands(self, time: float, *, paused: bool) -> Iterator[Command]:
        """Yield what is to be taken, looked up and submitted now; nothing is submitted while the run is paused."""
        yield from self.twins.commands()
        yield from self._look_ups(time)
        if not paused:
            yield from self._submissions()

    def key_of(self, run: StepRun) -> str | None:
        """Return a step's cache key; one that an earlier driver submitted does not have it yet. None if it has none."""
        if run.key is None:
            with suppress(Exception):
                run.key = self._key(run)
        return run.key

    def _look_ups(self, time: float) -> Iterator[Command]:
        while self._ready:
            run = self._ready.popleft()
            run.queued = False
            if run.state is StepState.READY and run.not_before <= time:
                yield from self._look_up(run)

    def _look_up(self, run: StepRun) -> Iterator[Command]:
        try:
            run.key = self._key(run)
        except Exception as error:  # whatever a step left, the others go on
            yield Fail(run.step.id, in_lines(error))
            return
        if run.key is None and not run.reason:
            run.reason = "it sees files of its node by --bind, so the cache is not asked"
        if self._policy.use_cache and not run.attempts and run.key is not None:
            yield LookUp(run.step.id, run.key)
        else:
            self._to_submit.append(run)

    def _submissions(self) -> Iterator[Command]:
        room = self._policy.most_in_flight - len(self._in_flight)
        if room * 4 < self._policy.most_in_flight:
            return  # submissions go out by the batch, so that each write to the journal carries many
        while self._to_submit and room > 0:
            run = self._to_submit.popleft()
            if run.state is StepState.READY:
                yield submission(run, self._plan, self._policy, self._expansion, self._hosts)
                room -= 1

    def _key(self, run: StepRun) -> str | None:
        return cache_key(run.step, self._plan.pins, self._expansion.directories, self._plan.overrides)
