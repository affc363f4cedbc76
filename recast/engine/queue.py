"""Steps on the way to an executor: looked up in the cache, waiting for an identical one, submitted in batches.

Pure.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from recast.engine.commands import Command, Fail, LookUp, Submit, Take, in_lines
from recast.engine.make_job import cache_key, job_for
from recast.engine.nodes import NodeHealth
from recast.engine.options import resources_of
from recast.engine.pace import Pace
from recast.engine.plan import RunPlan
from recast.engine.policy import Policy
from recast.engine.steps import StepRun
from recast.jobs import Artifact, StepState
from recast.json_types import JsonValue
from recast.workflow import Expansion

__all__ = ["InFlightDuplicates", "Queue", "RetryQueue", "ToSubmit", "submission"]


def submission(run: StepRun, plan: RunPlan, policy: Policy, expansion: Expansion, hosts: NodeHealth) -> Submit | Fail:
    """Return the next attempt of a step, with a new token; Fail if the step cannot become a job."""
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


class RetryQueue:
    """Steps ordered by the time from which they may be retried (`StepRun.not_before`), in seconds since the epoch."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, StepRun]] = []

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def first_at(self) -> float | None:
        """When the first step is due; None if there is none. That step may have moved on in the meantime."""
        return self._heap[0][0] if self._heap else None

    def add(self, run: StepRun) -> None:
        """Add a step, to be kept until its time."""
        heapq.heappush(self._heap, (run.not_before, run.step.number, run))

    def due(self, time: float) -> list[StepRun]:
        """Remove and return the steps that are due, except those that have moved on or were postponed."""
        found = []
        while self._heap and self._heap[0][0] <= time:
            since, _, run = heapq.heappop(self._heap)
            if run.state is StepState.READY and run.not_before == since and not run.queued:
                found.append(run)
        return found

    def clear(self) -> None:
        """Remove all steps."""
        self._heap.clear()


class InFlightDuplicates:
    """For each cache key, the step that is running and identical steps that wait for it."""

    def __init__(self) -> None:
        self._first: dict[str, StepRun] = {}
        self._others: dict[str, list[StepRun]] = {}
        self._to_take: list[Take] = []

    def waits(self, run: StepRun) -> bool:
        """Return whether an identical step is running, for which this one then waits; otherwise record this one."""
        if run.key is None:
            return False
        first = self._first.setdefault(run.key, run)
        if first is run:
            return False
        run.reason = f"step {first.step.id} is identical and already running"
        self._others.setdefault(run.key, []).append(run)
        return True

    def succeeded(self, run: StepRun, outputs: Iterable[Artifact], document: JsonValue) -> None:
        """Pass a step's outputs on to the steps that waited for it."""
        others = self.over(run)
        if others:
            kept, source = tuple(outputs), run.step.id
            self._to_take += [Take(other.step.id, run.key or "", kept, document, source) for other in others]

    def over(self, run: StepRun) -> list[StepRun]:
        """Remove a step that has ended; return the steps that waited for it."""
        if run.key is None or self._first.get(run.key) is not run:
            return []
        del self._first[run.key]
        return self._others.pop(run.key, [])

    def commands(self) -> list[Take]:
        """Return the outputs to take over, each once."""
        found, self._to_take = self._to_take, []
        return found

    def clear(self) -> None:
        """Remove everything: the run is over."""
        self._first.clear()
        self._others.clear()
        self._to_take.clear()


class ToSubmit:
    """Steps to submit, those of the first sub-workflow first: what was begun is finished before more is begun.

    So each point of a run over many has its answer as soon as possible. Within a sub-workflow, and of steps that are in
    none (which come first: others wait for them), the order is that in which they became ready.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, StepRun]] = []
        self._count = itertools.count()

    def __bool__(self) -> bool:
        return bool(self._heap)

    @property
    def is_of_a_point(self) -> bool:
        """Whether the first step is in a sub-workflow."""
        return bool(self._heap) and self._heap[0][0] >= 0

    def append(self, run: StepRun) -> None:
        """Add a step."""
        heapq.heappush(self._heap, (_place(run), next(self._count), run))

    def pop(self) -> StepRun:
        """Remove and return the first step."""
        return heapq.heappop(self._heap)[-1]


def _place(run: StepRun) -> int:
    """Return the index of the outermost sub-workflow that a step is in (3 in `/map/3/fit/0`), -1 if it is in none."""
    scope = run.step.scope
    while scope.parent is not None and scope.parent.scope.parent is not None:
        scope = scope.parent.scope
    return -1 if scope.parent is None else int(scope.pointer.rpartition("/")[2])


class Queue:
    """Ready steps, and steps to submit. `twins` holds back steps that are identical to a running one."""

    def __init__(
        self, plan: RunPlan, policy: Policy, expansion: Expansion, hosts: NodeHealth, in_flight: Mapping[str, StepRun]
    ) -> None:
        self._plan = plan
        self._policy = policy
        self._expansion = expansion
        self._hosts = hosts
        self._in_flight = in_flight
        self._ready: deque[StepRun] = deque()
        self._to_submit = ToSubmit()
        self.twins = InFlightDuplicates()
        self.pace = Pace(policy.most_in_flight, policy.slots)

    def add(self, run: StepRun) -> None:
        """Add a ready step, once."""
        if not run.queued:
            run.queued = True
            self._ready.append(run)

    def not_cached(self, run: StepRun) -> None:
        """Note that the cache does not have a step: it is submitted, unless an identical one is running."""
        if not self.twins.waits(run):
            self._to_submit.append(run)

    def commands(self, time: float, *, paused: bool) -> Iterator[Command]:
        """Yield what to take over, look up and submit now; nothing is submitted while the run is paused.

        Nor before the cache has answered: a step that is looked up may be the first of all to go.
        """
        yield from self.twins.commands()
        asked = list(self._look_ups(time))
        yield from asked
        if not paused and not any(isinstance(command, LookUp) for command in asked):
            yield from self._submissions()

    def key_of(self, run: StepRun) -> str | None:
        """Return a step's cache key, computed now if an earlier driver submitted the step; None if it has none."""
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
            run.reason = "it sees files of its node through --bind, so the cache is not used"
        if self._policy.use_cache and not run.attempts and run.key is not None:
            yield LookUp(run.step.id, run.key)
        else:
            self._to_submit.append(run)

    def _submissions(self) -> Iterator[Command]:
        most = self.pace.most(points=self._to_submit.is_of_a_point)
        room = most - len(self._in_flight)
        if room * 4 < most:
            return  # submissions are batched, so that each write to the journal contains many
        while self._to_submit and room > 0:
            run = self._to_submit.pop()
            if run.state is StepState.READY:
                yield submission(run, self._plan, self._policy, self._expansion, self._hosts)
                room -= 1

    def _key(self, run: StepRun) -> str | None:
        return cache_key(run.step, self._plan.pins, self._expansion.directories, self._plan.overrides)
