"""The resources that the steps of each stage requested and used, with a hint where the two differ a lot. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from recast.counted import counted
from recast.engine import Engine, StepRun
from recast.engine.options import resources_of
from recast.engine.overrides import stage_path
from recast.jobs import FailureClass, Outcome, Resources
from recast.json_types import JsonDict
from recast.reports.attempts import wall_s

__all__ = ["StageUsage", "usage_lines", "usage_of"]

FAR_OFF = 4.0
"""A request is far off if it is this many times what was used."""
WORTH_MB = 1000
WORTH_S = 600
"""No hints are given below this much memory or wall time."""


@dataclass(frozen=True, slots=True)
class StageUsage:
    """One stage: what was requested (the largest of its jobs) and used (by the newest attempts with an outcome).

    Memory is in MB of 10^6 bytes, times in seconds. `efficiency` is cpu time divided by wall time times requested
    cores, None if no time was used. `hints` are sentences.
    """

    stage: str
    jobs: int
    asked_cpus: float
    asked_memory_mb: int
    asked_walltime_s: int
    memory_max_mb: float
    memory_median_mb: float
    cpu_s: float
    wall_s: float
    wall_max_s: float
    wall_median_s: float
    efficiency: float | None
    hints: tuple[str, ...]

    def as_json(self) -> JsonDict:
        """Return the row as a JSON object."""
        return {**asdict(self), "hints": list(self.hints)}


def usage_of(engine: Engine) -> list[StageUsage]:
    """Return the stages with at least one job outcome, in the order of their first steps."""
    stages: dict[str, list[tuple[StepRun, Outcome]]] = {}
    for run in engine.runs.values():
        if run.outcome is not None and run.outcome.started:
            stages.setdefault(stage_path(run.step), []).append((run, run.outcome))
    return [_usage(engine, stage, jobs) for stage, jobs in stages.items()]


def usage_lines(rows: Iterable[StageUsage], most: int = 12) -> Iterator[str]:
    """Yield lines of text: one for each stage, followed by its hints."""
    told = list(rows)
    for row in told[:most]:
        share = "" if row.efficiency is None else f", {row.efficiency:.0%} of the cores asked"
        yield (
            f"used       {row.stage}: {counted(row.jobs, 'job')}, memory {row.memory_median_mb:,.0f} MB (most "
            f"{row.memory_max_mb:,.0f} of {row.asked_memory_mb:,}), wall time {row.wall_median_s:,.1f} s (most "
            f"{row.wall_max_s:,.1f} of {row.asked_walltime_s:,}), cpu {row.cpu_s:,.1f} s{share}"
        )
        yield from (f"           {hint}" for hint in row.hints)
    if len(told) > most:
        yield f"used       and {len(told) - most} more stages: recast status RUN -o json"


def _usage(engine: Engine, stage: str, jobs: list[tuple[StepRun, Outcome]]) -> StageUsage:
    asked = [run.resources or resources_of(run.step, engine.plan.overrides) for run, _ in jobs]
    memory = [outcome.peak_memory_bytes / 1e6 for _, outcome in jobs]
    wall = [wall_s(outcome) or 0.0 for _, outcome in jobs]
    cpu_s = sum(outcome.cpu_s for _, outcome in jobs)
    core_s = sum(seconds * resources.cpus for seconds, resources in zip(wall, asked, strict=True))
    most = Resources(
        cpus=max(each.cpus for each in asked),
        memory_mb=max(each.memory_mb for each in asked),
        walltime_s=max(each.walltime_s for each in asked),
    )
    from statistics import median  # 13 ms, once a run has ended

    tight = {run.failure for run, _ in jobs} & {FailureClass.MEMORY, FailureClass.WALLTIME}
    return StageUsage(
        stage=stage,
        jobs=len(jobs),
        asked_cpus=most.cpus,
        asked_memory_mb=most.memory_mb,
        asked_walltime_s=most.walltime_s,
        memory_max_mb=round(max(memory), 1),
        memory_median_mb=round(median(memory), 1),
        cpu_s=round(cpu_s, 2),
        wall_s=round(sum(wall), 2),
        wall_max_s=round(max(wall), 2),
        wall_median_s=round(median(wall), 2),
        efficiency=round(cpu_s / core_s, 3) if core_s else None,
        hints=() if tight else tuple(_hints(most, max(memory), max(wall), cpu_s, core_s)),
    )


def _hints(asked: Resources, memory_mb: float, wall_s: float, cpu_s: float, core_s: float) -> Iterator[str]:
    """Yield what to request instead, with a margin of 50%; only for jobs that ran long enough."""
    if 0 < memory_mb * FAR_OFF < asked.memory_mb and asked.memory_mb >= WORTH_MB and wall_s >= 1:
        yield f"it asks for {asked.memory_mb:,} MB and uses {memory_mb:,.0f}: memory_mb: {_round_up(memory_mb * 1.5)}"
    if wall_s >= WORTH_S and wall_s * FAR_OFF < asked.walltime_s:
        wanted = _round_up(wall_s * 1.5)
        yield f"it asks for {asked.walltime_s:,} s and takes {wall_s:,.0f}: walltime_s: {wanted}"
    if asked.cpus > 1 and wall_s >= 60 and cpu_s * FAR_OFF < core_s:
        yield f"it asks for {asked.cpus:g} cores and keeps {cpu_s / core_s * asked.cpus:.1f} busy: cpus: 1"


def _round_up(number: float) -> int:
    """Return a number rounded up to two significant digits."""
    size: int = 10 ** max(0, len(str(int(number))) - 2)
    return -(-int(number + 0.5) // size) * size
