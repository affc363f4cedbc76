"""From the end of a step in a run to the outcome of its test; its log is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from recast.atomic import replace_file
from recast.ci.steptests.judge import Ended, differences
from recast.ci.steptests.model import StepTest
from recast.ci.steptests.outcome import TestOutcome
from recast.ci.steptests.spec import stage_name
from recast.engine import StepRun
from recast.errors import RecastError
from recast.jobs import RUN_ROOT, FailureClass
from recast.json_types import JsonValue
from recast.masked import masked
from recast.reports.run_end import INFRASTRUCTURE
from recast.runs import OpenRun
from recast.workflow import MISSING

__all__ = ["MOST_LOG_BYTES", "outcome_of"]

MOST_LOG_BYTES = 4 << 20
"""Bytes of a log that are looked into and kept: its end."""

_MOST_SHOWN = 5


def outcome_of(number: int, test: StepTest, live: OpenRun, out: Path | None) -> TestOutcome:
    """Return the outcome of a test whose step a run has brought to its end; the log is copied below `out`."""
    run = live.engine.runs.get(f"/{stage_name(number, test)}/0")
    if run is None or run.job_id is None:
        return TestOutcome(test.name, test.file, test.stage, "error", 0.0, _never(live, run))
    folder = live.directory.jobs / run.job_id
    log = _log(folder / "log")
    kept = _kept(log, test, out) if out is not None else str(folder / "log")
    seconds = _seconds(run)
    told = TestOutcome(test.name, test.file, test.stage, "passed", seconds, "", kept)
    if run.failure in INFRASTRUCTURE or run.failure in (FailureClass.CANCELLED, FailureClass.AUTHENTICATION):
        return _with(told, "error", f"it could not run: {run.reason}")
    if run.failure is FailureClass.WALLTIME:
        return _with(told, "failed", f"it did not end within its {test.walltime_s} s of wall time")
    if run.failure is FailureClass.MEMORY:
        return _with(told, "failed", f"it needs more memory than it may have: {run.reason}")
    ended = Ended(
        exit_code=run.outcome.exit_code if run.outcome else None,
        problem=run.reason if run.failure is not None else "",
        folder=folder / "work",
        log=log,
        published=_published(run),
    )
    try:
        found = differences(test, ended)
    except RecastError as problem:
        return _with(told, "error", str(problem))
    return _with(told, "failed", _sentence(found)) if found else told


def _with(told: TestOutcome, outcome: Literal["failed", "error"], message: str) -> TestOutcome:
    return replace(told, outcome=outcome, message=masked(message))


def _sentence(found: list[str]) -> str:
    more = [f"and {len(found) - _MOST_SHOWN} more"] if len(found) > _MOST_SHOWN else []
    return "; ".join([*found[:_MOST_SHOWN], *more])


def _never(live: OpenRun, run: StepRun | None) -> str:
    return f"it did not run: {(run.reason if run is not None else '') or live.engine.reason or live.engine.state}"


def _seconds(run: StepRun) -> float:
    outcome = run.outcome
    if outcome is None:
        return 0.0
    try:
        return (datetime.fromisoformat(outcome.ended) - datetime.fromisoformat(outcome.started)).total_seconds()
    except ValueError:
        return 0.0


def _published(run: StepRun) -> JsonValue:
    """Return what a step published, with paths relative to the folder in which it started."""
    step = run.step
    return None if step.published is MISSING else _relative(step.published, f"{step.directory}/")


def _relative(value: JsonValue, folder: str) -> JsonValue:
    if isinstance(value, str):
        text = str(value)
        return text.removeprefix(folder) if text.startswith(folder) else text.replace(f"{RUN_ROOT}/", "")
    if isinstance(value, list):
        return [_relative(item, folder) for item in value]
    if isinstance(value, dict):
        return {key: _relative(item, folder) for key, item in value.items()}
    return value


def _log(path: Path) -> str:
    """Return the end of a log."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - MOST_LOG_BYTES))
            return file.read(MOST_LOG_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _kept(log: str, test: StepTest, out: Path) -> str:
    """Write a log, without secrets, below the folder of the report; return its relative path."""
    name = f"tests/{test.title.replace('/', '.')}.log"
    (out / "tests").mkdir(parents=True, exist_ok=True)
    replace_file(out / name, masked(log).encode())
    return name
