"""The end of a run, as text and as an error."""

from __future__ import annotations

from recast.counted import counted
from recast.engine import StepRun
from recast.errors import InfrastructureError, InputError, RecastError, WorkflowFailed
from recast.jobs import FailureClass
from recast.log_tail import last_lines
from recast.reports.failure_causes import cause_of
from recast.runs import OpenRun

__all__ = ["INFRASTRUCTURE", "failure_of", "steps_in_words", "verdict_lines"]

INFRASTRUCTURE = {
    FailureClass.DISK,
    FailureClass.INFRASTRUCTURE,
    FailureClass.SUBMISSION,
    FailureClass.STAGING,
    FailureClass.LOST,
}


def verdict_lines(live: OpenRun) -> list[str]:
    """Return the outcome in at most five lines; nothing for a run without typed results, or of a scan."""
    from recast.catalogue.statements.warnings import warnings_of_digest
    from recast.reports.results import read_results
    from recast.results.summary import answer_in_lines

    if not live.request.results or "scan" in (live.request.origin or {}):
        return []
    found = read_results(live.directory.path)["results"]
    return list(answer_in_lines(found, warnings_of_digest(live.request.digest)))


def steps_in_words(live: OpenRun) -> str:
    """Return text about how many steps a run had, and how many of them came from the cache."""
    runs = [run for run in live.engine.runs.values() if run.step.packtivity is not None]
    cached = sum(run.cached_from is not None for run in runs)
    return counted(len(runs), "step") + (f", {cached} from the cache" if cached else "")


def failure_of(live: OpenRun) -> RecastError:
    """Return the error that says why a run did not succeed: step, log, its last lines, and the next command."""
    run_id = live.request.run
    bad = [run for run in live.engine.runs.values() if run.failure is not None]
    if live.engine.state == "cancelled" or not bad:
        return WorkflowFailed(
            f"Run {run_id} {live.engine.state}",
            where=str(live.directory.path),
            why=live.engine.reason,
            next_step=f"recast resume {run_id}",
        )
    first = bad[0]
    log = live.directory.jobs / first.job_id / "log" if first.job_id else None
    tail = _indented(last_lines(log, 8)) if log else ""
    cause = cause_of(live, first, _indented(last_lines(log, 200, 32_768))) if log else None
    kind = _kind([run.failure for run in bad if run.failure is not None])
    others = f" ({len(bad) - 1} more failed)" if len(bad) > 1 else ""
    return kind(
        f"Step {first.step.id} failed{others}",
        where=f"run {run_id}" + (f", log {log}" if log else ""),
        why=f"[{first.failure}] {first.reason}"
        + (f"\n{cause.what}" if cause else "")
        + (f"\nlast lines of the log:\n{tail}" if tail else ""),
        next_step=cause.next_step if cause else _next_step(live, first, kind),
    )


def _next_step(live: OpenRun, first: StepRun, kind: type[RecastError]) -> str:
    if kind is InputError:
        return "start a new run with inputs that the step accepts; steps that do not read them come from the cache"
    again = f"recast resume {live.request.run}"
    if live.request.executor != "local" and first.failure in (FailureClass.SPEC, FailureClass.SUBMISSION):
        return f"{again} accepts other settings of {live.request.executor} ({again} --help); finished steps are kept"
    if first.failure is FailureClass.SPEC:
        return "fix the workflow, and run it again, as a new run; finished steps come from the cache"
    return (
        f"fix the cause, then: {again}   (finished steps are kept)\n"
        "A changed workflow or input is a new run: recast run ...   (finished steps come from the cache)"
    )


def _kind(failures: list[FailureClass]) -> type[RecastError]:
    """Return the class of error for a run that stopped with these failures."""
    if all(failure in INFRASTRUCTURE for failure in failures):
        return InfrastructureError
    return InputError if all(failure is FailureClass.REFUSED for failure in failures) else WorkflowFailed


def _indented(lines: list[str]) -> str:
    return "\n".join("  " + line for line in lines)
