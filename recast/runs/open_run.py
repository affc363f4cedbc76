"""Reopen a run from its folder, with the engine in the state that its journal describes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from recast.catalogue.entries.local_workflow import Source
from recast.engine import Engine, Policy, RunPlan
from recast.engine.events import event_from_json
from recast.errors import RecastError, StoreError
from recast.jobs import RULES, StepState
from recast.journal import Journal, Record, RunLock, is_begun
from recast.jq import jq
from recast.prepare.prepare import plan_of
from recast.rundir import RunDirectory, RunOrder
from recast.runs.intact import check_spec
from recast.spec import load_workflow

__all__ = ["OpenRun", "catch_up", "open_run", "policy_of"]

JOBS_PER_SLOT = 32
"""Most jobs submitted to the local executor per parallel slot: enough that none waits for the driver, however short."""


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run's folder, its request, and its engine as of event number `seen`."""

    directory: RunDirectory
    request: RunOrder
    engine: Engine
    seen: int

    @property
    def driver_pid(self) -> int | None:
        """Return the process id of the driver, None if no process drives the run."""
        return RunLock(self.directory.lock).holder()

    @property
    def state(self) -> str:
        """Return the run's state: `interrupted` if no process drives it, `waiting` if it needs a person."""
        if self.engine.state in ("created", "running") and self.driver_pid is None:
            by_hand = self.engine.by_hand and len(self.engine.by_hand) == self.engine.counts[StepState.READY]
            return "waiting" if by_hand and not self.engine.in_flight else "interrupted"
        return self.engine.state


def open_run(directory: RunDirectory, policy: Policy | None = None) -> OpenRun:
    """Replay a run's journal; raise StoreError or SpecError if folder, request, spec or journal are damaged."""
    request = directory.request()
    try:
        return _opened(directory, request, policy)
    except RecastError:
        check_spec(directory, request)  # if it was edited, that is the reason
        raise


def _opened(directory: RunDirectory, request: RunOrder, policy: Policy | None) -> OpenRun:
    loaded = load_workflow(request.workflow, directory.spec)
    source = Source(directory.spec, request.workflow, loaded.workflow, loaded.files, request.pins)
    try:
        plan: RunPlan = plan_of(request, source)
    except (TypeError, KeyError, ValueError, AttributeError) as problem:
        raise directory.unreadable(problem) from problem
    engine = Engine(plan, policy or policy_of(request, 1), jq)
    return catch_up(OpenRun(directory, request, engine, 0))


def catch_up(live: OpenRun) -> OpenRun:
    """Apply the events since the last look; the engine stays the same object. Raises StoreError as `open_run` does."""
    if not is_begun(live.directory.journal):
        return live
    seen = live.seen
    journal = Journal(live.directory.journal, read_only=True)
    try:
        for seen, record in journal.read(after=live.seen):
            _fold(live, seen, record)
    finally:
        journal.close()
    return replace(live, seen=seen)


def _fold(live: OpenRun, number: int, record: Record) -> None:
    """Apply an event to the engine; raise StoreError if it is not valid or does not fit this run."""
    try:
        live.engine.handle(event_from_json(record.kind, record.body))
    except Exception as problem:  # whatever the record contains: an error message, not a traceback
        raise StoreError(
            f"Event {number} of the journal, {record.kind!r:.40}, cannot be understood",
            where=str(live.directory.journal),
            why=f"{type(problem).__name__}: {problem}. The file is damaged, from a newer recast, or from another run.",
            next_step=f"update recast if a newer version wrote it; else run it again: recast run {live.request.title}",
        ) from problem


def policy_of(request: RunOrder, parallel: int) -> Policy:
    """Return the engine's policy for a run with `parallel` jobs at once (of the local executor).

    It depends only on the request, so every process that replays the journal reaches the driver's decisions.
    """
    policy = Policy(
        most_in_flight=JOBS_PER_SLOT * parallel,
        slots=parallel,
        use_cache=request.use_cache,
        allow_host_process=request.allow_host_process,
        said_tries=request.overrides.get("tries"),
    )
    return policy if request.executor == "local" else _on_a_grid(policy, request)


def _on_a_grid(policy: Policy, request: RunOrder) -> Policy:
    """Return the policy for a batch system, where waiting is cheaper and nodes differ."""
    said = request.executor_settings
    return replace(
        policy,
        most_in_flight=request.max_parallel or said.get("max_queued", 10_000),
        slots=0,
        most_tries=max(rule.tries for rule in RULES.values()),
        patience=said.get("patience", 1.0),
        growth=said.get("growth", 2.0),
        memory_cap_mb=said.get("memory_cap_mb", policy.memory_cap_mb),
        walltime_cap_s=said.get("walltime_cap_s", policy.walltime_cap_s),
    )
