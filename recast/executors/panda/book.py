"""What is known of the tasks of a run: their states and jobs, what has to be asked, and what is seen. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from recast.executors.batch.system import EngineState, Sighting, Watched
from recast.executors.panda.answers import Job, Task
from recast.executors.panda.failures import failure_of, words_of
from recast.executors.panda.states import job_state, task_is_over, waits_for_site
from recast.jobs import FailureClass

__all__ = ["Book", "Limits", "Page", "in_words", "is_open", "oldest"]

_OVERLAP_S = 600
_FORMAT = "%Y-%m-%d %H:%M:%S"
_HELD_BACK = ("holding", "transferring", "merging")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a job may be held back after its end, and a task may wait for a site; 0 for no limit."""

    holding_s: float
    waiting_s: float


@dataclass(slots=True)
class Page:
    """One task: its state and last change as PanDA told, its jobs by index, and what is still to be found out.

    `unwanted` are the jobs that were cancelled. `size` is how many it has, 0 where that is not known yet.
    """

    task: int
    name: str
    status: str = ""
    stamp: str = ""
    since_s: float = 0.0
    jobs: dict[int, Job] = field(default_factory=dict)
    held_since_s: dict[int, float] = field(default_factory=dict)
    unwanted: set[int] = field(default_factory=set)
    size: int = 0
    is_stale: bool = True
    """Whether its jobs are not known as they are."""

    @property
    def knows_all(self) -> bool:
        """Whether each of its jobs is known, and none was closed to be made again at another site."""
        return self.size > 0 and all(
            index in self.jobs and self.jobs[index].status != "closed" for index in range(self.size)
        )


class Book:
    """Pages by task. Times of ours come in as `now_s`; those of the server are only compared with each other.

    `is_own`: jobs run our worker, which starts their containers.
    """

    def __init__(self, limits: Limits, *, is_own: bool = False) -> None:
        self._limits = limits
        self._is_own = is_own
        self.pages: dict[int, Page] = {}
        self._newest = ""

    def open(self, task: int, name: str, now_s: float, size: int = 0) -> Page:
        """Return the page of a task, a new one if there is none."""
        page = self.pages.setdefault(task, Page(task, name, since_s=now_s))
        page.size = page.size or size
        return page

    def look_back(self) -> None:
        """Ask for all changes again next time: a task was taken in that may have changed long ago."""
        self._newest = ""

    def unwant(self, task: int, index: int) -> bool:
        """Note that a job is cancelled; return whether that leaves its task without any that could still run."""
        page = self.open(task, "", 0.0)
        page.unwanted.add(index)
        return page.size > 0 and not [
            each
            for each in range(page.size)
            if each not in page.unwanted and not (each in page.jobs and job_state(page.jobs[each].status).over)
        ]

    def since(self, now: datetime) -> str:
        """Return from when on changes are asked for: with some overlap, since clocks and commits differ."""
        try:
            newest = datetime.strptime(self._newest[:19], _FORMAT).replace(tzinfo=UTC)
        except ValueError:
            return oldest(now)
        return max(in_words(min(newest, now) - timedelta(seconds=_OVERLAP_S)), oldest(now))

    def take_tasks(self, tasks: Iterable[Task], watched: Sequence[int]) -> None:
        """Take in a list of tasks; those that are watched and changed are stale then.

        PanDA touches tasks often; where all jobs are known, they are asked for by themselves.
        """
        wanted = set(watched)
        for task in tasks:
            self._newest = max(self._newest, task.stamp)
            page = self.pages.get(task.task)
            if page is None or task.task not in wanted:
                continue
            if task.status != page.status or (task.stamp != page.stamp and not page.knows_all):
                page.is_stale = True
            page.status, page.stamp = task.status, task.stamp

    def take_jobs(self, page: Page, jobs: Iterable[Job], size: int) -> None:
        """Take in jobs of a task. Of two with one index the newer counts: PanDA moves jobs by closing them."""
        for job in jobs:
            index = 0 if job.index is None and size == 1 else job.index
            if index is None or not 0 <= index < size:
                continue
            known = page.jobs.get(index)
            if known is None or known.job <= job.job:
                page.jobs[index] = job

    def to_ask(self, arrays: Sequence[tuple[Page, Watched]]) -> dict[int, Page]:
        """Return the jobs that are under way, by id, of tasks that are not looked at as a whole."""
        return {
            job.job: page
            for page, array in arrays
            if not page.is_stale
            for index, job in page.jobs.items()
            if index not in array.over and not job_state(job.status).over
        }

    def sightings(self, page: Page, array: Watched, now_s: float) -> list[Sighting]:
        """Return what there is to see of an array."""
        open_ones = (index for index in range(array.size) if index not in array.over)
        return [seen for index in open_ones if (seen := self._sighting(page, array.name, index, now_s)) is not None]

    def _sighting(self, page: Page, array: str, index: int, now_s: float) -> Sighting | None:
        native_id = f"{page.task}.{index}"
        job = page.jobs.get(index)
        if job is None:
            return self._without_job(page, array, index, native_id, now_s)
        state = job_state(job.status)
        if job.status == "closed" and not task_is_over(page.status):
            return Sighting(array, index, EngineState.WAITING, native_id, "PanDA looks for another site")
        host = "@".join(filter(None, (job.host, job.site)))
        if state.over:
            failure = None if job.status == "finished" else failure_of(job, is_own=self._is_own)
            return Sighting(array, index, state, native_id, words_of(job), failure, host)
        if job.status in _HELD_BACK:
            seen = Sighting(array, index, state, native_id, words_of(job), host=host, is_left=True)
            return self._held_back(page, job, seen, now_s)
        page.held_since_s.pop(index, None)
        words = "" if state is EngineState.RUNNING else f"{job.status} at {job.site}" if job.site else job.status
        return Sighting(array, index, state, native_id, words, host=host if state is EngineState.RUNNING else "")

    def _held_back(self, page: Page, job: Job, seen: Sighting, now_s: float) -> Sighting:
        """Return a job that its pilot is done with as running, until that has been so for too long."""
        since_s = page.held_since_s.setdefault(seen.index, now_s)
        if not self._limits.holding_s or now_s - since_s < self._limits.holding_s:
            return seen
        why = f"PanDA has had it in state {job.status} for more than {self._limits.holding_s:g} s (holding_s)"
        return Sighting(
            seen.array, seen.index, EngineState.HELD, seen.native_id, why, FailureClass.INFRASTRUCTURE, seen.host
        )

    def _without_job(self, page: Page, array: str, index: int, native_id: str, now_s: float) -> Sighting | None:
        if task_is_over(page.status) and not page.is_stale:
            failure = _OF_TASK.get(page.status)
            why = f"PanDA's task {page.task} is {page.status}, and had no job for it"
            return Sighting(array, index, EngineState.ENDED, native_id, why, failure)
        limit_s = self._limits.waiting_s
        if limit_s and waits_for_site(page.status) and not page.jobs and now_s - page.since_s >= limit_s:
            why = f"no site took it in {limit_s:g} s (waiting_s); PanDA's task {page.task} is {page.status}"
            return Sighting(array, index, EngineState.HELD, native_id, why, FailureClass.INFRASTRUCTURE)
        return Sighting(array, index, EngineState.WAITING, native_id, f"task {page.status}") if page.status else None


_OF_TASK = {
    # The refiner did not understand it, or knows no share, queue or site for it: no later try would be taken.
    "broken": FailureClass.SPEC,
    "aborted": FailureClass.CANCELLED,
    "failed": FailureClass.INFRASTRUCTURE,
    "exhausted": FailureClass.INFRASTRUCTURE,
}


def is_open(job: Job) -> bool:
    """Return whether a job runs or may still run."""
    return not job_state(job.status).over


def in_words(when: datetime) -> str:
    """Return a time as servers take it."""
    return when.strftime(_FORMAT)


def oldest(now: datetime) -> str:
    """Return the earliest time that a server looks back to."""
    return in_words(now - timedelta(days=29))
