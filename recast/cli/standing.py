"""How a run stands as a whole, in lines: paused, held, trouble with the engine, tries to come, the next look."""

from __future__ import annotations

from collections.abc import Iterator

from recast.counted import are, counted
from recast.engine import Engine
from recast.executors.protocol import Executor
from recast.reports.time_text import ago, clock, duration

__all__ = ["standing"]


def standing(engine: Engine, now: float, executor: Executor | None = None) -> Iterator[str]:
    """Yield what holds a run up, the gravest first; with the executor also what that tells of itself."""
    paused = engine.paused
    if paused is not None:
        yield f"paused {ago(paused.time, now)}: {paused.reason}"
        yield from (f"  {line}" for line in (paused.obstacle or "asking what stands in the way").splitlines())
        yield "  the run goes on by itself when that is mended; jobs that run go on meanwhile"
    if executor is not None and executor.trouble:
        yield f"cannot ask {executor.name}: {executor.trouble} (that says nothing about its jobs)"
    held = [tally for tally in engine.stages.values() if tally.held]
    for tally in held[:3]:
        yield f"held: {tally.held:,} of {tally.path}: {tally.why_held}"
    if engine.hosts.bad:
        yield f"avoided nodes: {engine.hosts.in_words}"
    if engine.wake_at is not None and engine.state == "running":
        when = f"in {duration(engine.wake_at - now)}" if engine.wake_at > now else "now"
        attempts = f"{counted(engine.backing_off, 'failed attempt')} {are(engine.backing_off)} tried again"
        yield f"{attempts}, the first {when} ({clock(engine.wake_at)})"
    if executor is not None and executor.next_look is not None and engine.in_flight:
        yield f"next look at {executor.name} in {duration(executor.next_look - now)}"
