"""What stages used beside what they asked for, and when a hint is due."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.cli.stagetable import chosen_rows
from recast.engine import Engine, Policy, RunPlan
from recast.engine.commands import Submit
from recast.engine.events import JobEnded, RunCreated, SubmitIntended
from recast.jobs import FailureClass
from recast.reports.stage_table import StageRow, stage_rows
from recast.reports.usage import StageUsage, usage_lines, usage_of
from tests.engine.simulated import outcome
from tests.workflow.specs import map_reduce


def usage(
    memory_mb: int, seconds: int, cpu_s: float, asked_mb: int, asked_s: int, failure: FailureClass | None = None
) -> StageUsage:
    values = {"values": [1, 2]}
    policy = Policy(use_cache=False, allow_host_process=True)
    engine = Engine(RunPlan("run", map_reduce(), values, values), policy)
    engine.handle(RunCreated(0.0, "run"))
    for number, command in enumerate(engine.commands()):
        assert isinstance(command, Submit)
        job = command.job.job_id
        engine.handle(SubmitIntended(0.0, command.step, job, 1, "", asked_mb, asked_s))
        times = {"started": "2026-01-01T00:00:00+00:00", "ended": f"2026-01-01T{seconds // 3600:02}:00:00+00:00"}
        used = replace(outcome(job, failure), peak_memory_bytes=(memory_mb - number) * 10**6, cpu_s=cpu_s, **times)
        engine.handle(JobEnded(0.0, job, used))
    [row] = usage_of(engine)
    return row


def test_what_was_asked_and_what_was_used() -> None:
    row = usage(1500, 3600, 1800.0, 2000, 7200)
    assert (row.stage, row.jobs, row.asked_memory_mb, row.asked_walltime_s) == ("map", 2, 2000, 7200)
    assert (row.memory_max_mb, row.memory_median_mb) == (1500, 1499.5)
    assert (row.wall_s, row.wall_max_s, row.wall_median_s, row.cpu_s) == (7200, 3600, 3600, 3600)
    assert row.efficiency == 0.5
    assert row.hints == ()
    assert "50% of the cores" in next(usage_lines([row]))


@pytest.mark.parametrize(
    ("asked_mb", "asked_s", "hints"),
    [
        (16_000, 7200, ["it asks for 16,000 MB and uses 1,500: memory_mb: 2300"]),
        (2000, 80_000, ["it asks for 80,000 s and takes 3,600: walltime_s: 5400"]),
        (5999, 14_000, []),
    ],
)
def test_a_hint_where_what_was_asked_is_far_off(asked_mb: int, asked_s: int, hints: list[str]) -> None:
    assert list(usage(1500, 3600, 1800.0, asked_mb, asked_s).hints) == hints


def test_no_hint_to_ask_for_less_where_it_was_too_little() -> None:
    assert usage(1500, 3600, 1.0, 16_000, 7200, FailureClass.MEMORY).hints == ()


@given(st.lists(st.tuples(st.booleans(), st.booleans())), st.integers(1, 10))
def test_a_table_that_does_not_fit_keeps_what_is_active(stages: list[tuple[bool, bool]], most: int) -> None:
    rows = [StageRow(str(n), running=int(active), failed=int(bad)) for n, (active, bad) in enumerate(stages)]
    shown = chosen_rows(rows, most)
    assert len(shown) == min(most, len(rows))
    assert shown == sorted(shown, key=rows.index)
    if any(not row.active for row in shown):
        assert all(row in shown for row in rows if row.active)


def test_a_stage_that_waits_names_what_is_awaited() -> None:
    values = {"values": [1, 2]}
    engine = Engine(RunPlan("run", map_reduce(), values, values), Policy(use_cache=False, allow_host_process=True))
    engine.handle(RunCreated(5.0, "run"))
    command = engine.commands()[1]
    assert isinstance(command, Submit)
    engine.handle(SubmitIntended(9.0, command.step, "j", 1, "", 1, 1))
    row = stage_rows(engine)[0]
    assert (row.stage, row.waiting, row.idle, row.awaited, row.since) == ("map", 1, 1, "/map/1", 9.0)
