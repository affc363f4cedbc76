"""A run as an object: its state, its steps, and its results."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from recast.api.progress import progress_here
from recast.api.results import Results
from recast.api.table import Table
from recast.errors import WorkflowFailed
from recast.json_types import JsonDict, JsonObject
from recast.operations.cancel import cancel
from recast.operations.export import CrateOptions, export_results, results_of
from recast.operations.resume import change, check_idle, steps_to_retry
from recast.paths import places
from recast.reports.run_end import failure_of
from recast.reports.run_report import run_json
from recast.reports.status import status_json
from recast.rundir import RunDirectory
from recast.runs import open_run
from recast.runs.detach import go_on_detached
from recast.runs.open_run import catch_up
from recast.runs.state import LIVE, state_of

if TYPE_CHECKING:
    from recast.runs import OpenRun

__all__ = ["Run"]

_FIRST_S, _LONGEST_S, _GROWTH = 0.05, 1.0, 1.3


class Run:
    """One execution of an analysis or a workflow, driven by a separate process, so it continues when this one ends.

    Everything is read from the run's folder each time, so an object is always up to date.
    """

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory

    @property
    def id(self) -> str:
        """The run's id, which every `recast` command accepts."""
        return self._directory.id

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self._directory.path

    @property
    def state(self) -> str:
        """`running`, `interrupted`, or how the run ended: `succeeded`, `failed`, `cancelled`."""
        return state_of(self._directory)

    @property
    def results(self) -> Results:
        """The results of the run; raises NotFound if it has none yet."""
        document, _ = results_of(self.path)
        return Results(document, self.path / "results")

    @property
    def steps(self) -> Table:
        """All steps that exist so far, as in `recast show -o json`."""
        document = self.to_dict()
        return Table(document["steps"], ("id", "state", "cached", "attempts", "exit_code", "reason"))

    def status(self) -> JsonDict:
        """Return the status of the run, as `recast status -o json` prints it."""
        return status_json(open_run(self._directory))

    def to_dict(self) -> JsonDict:
        """Return the run and all of its steps, as `recast show -o json` prints them."""
        return run_json(open_run(self._directory))

    def wait(self, *, timeout_s: float | None = None, progress: bool | None = None) -> Run:
        """Wait until the run is no longer driven, at most `timeout_s`; return the run.

        Raises what kept it from succeeding: WorkflowFailed, InputError or InfrastructureError, and TimeoutError. If the
        wait is interrupted, the run continues.
        """
        show, pause = progress_here(progress), _FIRST_S
        end = None if timeout_s is None else time.monotonic() + timeout_s
        live = open_run(self._directory)
        while self.state == LIVE:
            live = catch_up(live)
            show(live.engine)
            if end is not None and time.monotonic() >= end:
                raise TimeoutError(f"run {self.id} is still running after {timeout_s:g} s")
            time.sleep(pause)
            pause = min(pause * _GROWTH, _LONGEST_S)
        live = catch_up(live)
        show(live.engine)
        return self._ended(live)

    def _ended(self, live: OpenRun) -> Run:
        if live.engine.state == "succeeded":
            return self
        if live.engine.state in ("failed", "cancelled"):
            raise failure_of(live)
        raise WorkflowFailed(
            f"Run {self.id} is {live.state}",
            where=str(self.path),
            why=f"No process drives it; messages of its driver: {self.path / 'driver.log'}",
            next_step=f"run.resume(), or: recast resume {self.id}",
        )

    def resume(self, *, wait: bool = True, progress: bool | None = None, settings: JsonObject | None = None) -> Run:
        """Continue the run from where it stopped; finished steps are kept, failed ones are retried.

        `settings` change those of its executor. Raises as `wait` does, and RunLocked if another process drives the run.
        """
        change(self._directory, settings or {})
        check_idle(self._directory)
        go_on_detached(self._directory)
        return self.wait(progress=progress) if wait else self

    def failed_steps(self) -> list[str]:
        """Return the ids of the steps that `resume` retries."""
        return steps_to_retry(self._directory)

    def cancel(self) -> str:
        """Stop the run and return a message about what was done; its finished steps are kept."""
        return cancel(self._directory, places())

    def log(self, step: str | None = None, *, lines: int | None = None) -> str:
        """Return the log of a step; without a name that of the first that failed, otherwise of the newest."""
        from recast.operations.logs import log_of, step_with_log

        live = open_run(self._directory)
        found = step_with_log(live, step)
        return b"".join(log_of(live, found.step.id, lines=lines)).decode("utf-8", "replace")

    def explain(self, step: str) -> JsonDict:
        """Return why a step or stage is in the state it is, and what to do next."""
        from recast.reports.explain import explain_json

        return explain_json(open_run(self._directory), step, places())

    def export(
        self, form: str, folder: str | Path, *, license: str = "", with_intermediate: bool = False
    ) -> list[Path]:
        """Write the results into a folder, as csv, json, hepdata, pyhf or ro-crate; return what was written."""
        return export_results(self.path, form, Path(folder), CrateOptions(license, with_intermediate))

    def __repr__(self) -> str:
        return f"<Run {self.id}: {self._directory.request().title}, {self.state}>"

    def _repr_html_(self) -> str:
        from html import escape

        state = self.state
        body = self.results._repr_html_() if state == "succeeded" else ""
        return f"<p>run <code>{escape(self.id)}</code>: {escape(self._directory.request().title)}, {state}</p>{body}"
