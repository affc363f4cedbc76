"""Turn job statuses from the executor into events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from recast.driver.event_log import EventWriter
from recast.driver.touched import Touched
from recast.engine import Engine, StepRun
from recast.engine import events as ev
from recast.engine.commands import in_lines
from recast.errors import SpecError, StoreError
from recast.executors.protocol import JobStatus
from recast.jobs import RUN_ROOT, Artifact, FailureClass, JobState, Outcome, StepState
from recast.rundir import RunDirectory, now
from recast.store import ArtifactStore, CachedStep
from recast.workflow import Step
from recast.workflow.publish import document_path

__all__ = ["StatusEvents"]

MOST_DOCUMENT_BYTES = 16 << 20
"""A YAML result larger than this is refused: it goes into the journal and into memory."""


class StatusEvents:
    """Handles job statuses; one that says nothing new, or is about a job that is not in flight, has no effect.

    `parse` reads a YAML document that a step wrote, given its content and name. `touched` is told which files are new.
    """

    def __init__(
        self,
        engine: Engine,
        records: EventWriter,
        directory: RunDirectory,
        store: ArtifactStore,
        parse: Callable[[bytes, str], Any],
        touched: Touched,
    ) -> None:
        self._touched = touched
        self._engine = engine
        self._records = records
        self._directory = directory
        self._store = store
        self._parse = parse

    def take(self, status: JobStatus) -> None:
        """Record a status as events."""
        run = self._engine.in_flight.get(status.job_id)
        if run is None:
            return
        if status.state is JobState.DONE:
            self._ended(run, status)
        elif status.state is JobState.LOST:
            self._gone(status, FailureClass.LOST)
        elif status.state is JobState.CANCELLED:
            self._gone(status, FailureClass.CANCELLED)
        else:
            event = _moved(run, status)
            if event is not None:
                self._records.record(event)

    def _gone(self, status: JobStatus, failure: FailureClass) -> None:
        gone = ev.JobGone(now(), status.job_id, failure, status.reason, status.counted, status.host)
        self._records.record(gone)

    def _ended(self, run: StepRun, status: JobStatus) -> None:
        outcome, step = status.outcome, run.step
        assert outcome is not None
        document = None
        if outcome.succeeded:
            try:
                document = self._document(step, status.job_id, outcome)
            except StoreError as problem:  # not the step's fault
                outcome = replace(outcome, failure=FailureClass.INFRASTRUCTURE, message=in_lines(problem))
            except Exception as problem:  # whatever a step wrote, the others continue
                outcome = replace(outcome, failure=FailureClass.USER, message=in_lines(problem))
        logical = step.directory[len(RUN_ROOT) + 1 :]
        self._directory.link_work(logical, status.job_id)
        self._touched.left(logical, status.job_id, outcome.outputs)
        host = status.host if status.host != outcome.host else ""
        for artifact in outcome.outputs:
            self._store.known.left(artifact.digest, outcome.ended)
        self._records.record(ev.JobEnded(now(), status.job_id, outcome, document, host))
        if step.finished and (key := self._engine.key_of(run)):
            source = f"{self._engine.plan.run} {step.id}"
            self._records.remember(CachedStep(key, outcome.outputs, document, source))

    def _document(self, step: Step, job_id: str, outcome: Outcome) -> Any:
        path = document_path(step)
        if path is None:
            return None
        found = next((artifact for artifact in outcome.outputs if artifact.path == path), None)
        if found is None or found.size > MOST_DOCUMENT_BYTES:
            raise _no_document(step, path, found)
        content = self._store.read(found.digest, MOST_DOCUMENT_BYTES)
        if outcome.image is None:
            # A process on the host sees the real paths, and may have written them into the document.
            attempt = f"{self._directory.jobs}/{job_id}"
            content = content.replace(f"{attempt}/work".encode(), step.directory.encode())
            content = content.replace(f"{attempt}/in".encode(), RUN_ROOT.encode())
        return self._parse(content, path)


def _no_document(step: Step, path: str, found: Artifact | None) -> SpecError:
    size = f"has {found.size} bytes, more than the {MOST_DOCUMENT_BYTES} that are read" if found else "is not a file"
    return SpecError(
        f"The YAML file {path!r} that step {step.id} publishes {size}",
        where=step.where,
        next_step="make the step write its values into a file with this name",
        code="step.document",
    )


def _moved(run: StepRun, status: JobStatus) -> ev.Event | None:
    """Return the event for a job that has not ended; None if its state is unchanged."""
    if status.state is JobState.RUNNING and status.native_id:
        if run.state is StepState.RUNNING and run.native_id == status.native_id and not run.held:
            return None
        return ev.JobStarted(now(), status.job_id, status.native_id, status.host)
    if status.state is JobState.HELD and run.held != status.reason:
        return ev.JobHeld(now(), status.job_id, status.reason)
    if status.state is JobState.QUEUED and status.native_id:
        put_back = run.held or run.state is StepState.RUNNING
        if put_back or run.native_id != status.native_id:
            return ev.JobAccepted(now(), status.job_id, status.native_id)
    return None
