"""One poller for all batch systems: what changed, what is over, and what is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from recast.errors import CredentialsProblem, ExecutorError, RecastError
from recast.executors.batch.ledger import Ledger
from recast.executors.batch.outputs import believed, bring_in
from recast.executors.batch.polling import Pace
from recast.executors.batch.system import BatchSystem, EngineState, Sighting, Watched
from recast.executors.ended import settled, unable
from recast.executors.protocol import JobStatus
from recast.jobs import FailureClass, JobState, Outcome
from recast.store import ArtifactStore

if TYPE_CHECKING:
    from recast.executors.batch.by_name import NamedOutcomes
    from recast.store.remote_store import RemoteStore

__all__ = ["Watch"]

GRACE_S = 15.0
"""How long the outcome of a job that is over may take to show up: shared disks have caches."""


_MOST_LOOKED_FOR = 100
"""At how many jobs that the engine has not ended yet the store is asked in one round."""


@dataclass(frozen=True, slots=True)
class _Over:
    """A job that the engine is done with: what it said, and since when we wait for an outcome."""

    job_id: str
    sighting: Sighting
    since_s: float


class Watch:
    """Asks the engine in one call per round for all jobs, and finds out how those that are over have ended.

    The outcome is the truth and the engine's word a hint. A job is lost only if it is over, has left no outcome within
    `grace_s`, and the engine's books do not say what ended it. An engine that cannot be asked says nothing about jobs.
    `trouble` says why the last round could not be made, empty if it could; `next_look` when the next one is (seconds
    since the epoch, None while there is nothing to look for).
    """

    def __init__(
        self,
        engine: BatchSystem,
        ledger: Ledger,
        jobs: Path,
        store: ArtifactStore,
        grace_s: float = GRACE_S,
        far: RemoteStore | None = None,
        named: NamedOutcomes | None = None,
    ) -> None:
        self._engine = engine
        self._ledger = ledger
        self._jobs = jobs
        self._store = store
        self._far = far
        self._named = named
        self._grace_s = grace_s
        self._over: dict[str, _Over] = {}
        self._to_forget: list[str] = []
        self._pace = Pace()
        self._hurried = asyncio.Event()
        self._busy = asyncio.Lock()
        self.trouble = ""
        self.next_look: float | None = None

    def hurry(self) -> None:
        """Look again soon: something was submitted."""
        self._pace.hurry()
        self._hurried.set()

    async def run(self) -> None:
        """Look again and again, until cancelled; with nothing to look for, wait for `hurry`."""
        traits = self._engine.traits
        self._pace.quick_s, self._pace.slow_s = traits.quick_poll_s, traits.poll_s
        while True:
            if not self._ledger.arrays:
                self.next_look = None
                await self._hurried.wait()
            self._hurried.clear()
            pause_s = await self._round()
            self.next_look = time.time() + pause_s
            await _either(self._hurried, pause_s, traits.quick_poll_s)

    async def _round(self) -> float:
        try:
            changes = await self.look()
        except (ExecutorError, CredentialsProblem) as problem:
            self.trouble = f"{problem.what}: {problem.why}" if problem.why else problem.what
            return self._pace.after_silence()
        self.trouble = ""
        return self._pace.after(changes)

    async def look(self) -> int:
        """Take one survey and settle what is over; return how many statuses changed. Raises what the engine raises."""
        async with self._busy:
            watched = self._ledger.watched()
            if not watched:
                return 0
            before = self._ledger.told
            ended = [over for sighting in await self._survey(watched) if (over := self._see(sighting))]
            for over in ended:
                self._over.setdefault(over.job_id, over)
            await self._settle(list(self._over.values()))
            return self._ledger.told - before

    async def _survey(self, watched: Sequence[Watched]) -> list[Sighting]:
        """Take one survey. A job whose outcome is on the shared disk is over, whatever the engine still believes.

        A scheduler that was killed may for long take jobs for running that have ended; and epilogs take their time.
        """
        sightings = await self._engine.survey(watched)
        if self._named is not None:
            return await self._found_early(self._named, sightings)
        if not self._engine.traits.shared_files:
            return sightings
        running = [(number, job_id) for number, sighting in enumerate(sightings) if (job_id := self._running(sighting))]
        for number in await asyncio.to_thread(self._with_outcome, running):
            sightings[number] = replace(sightings[number], state=EngineState.ENDED)
        return sightings

    async def _found_early(self, named: NamedOutcomes, sightings: list[Sighting]) -> list[Sighting]:
        """Return sightings in which jobs that their nodes are done with are over if their outcomes are there."""
        left = [
            (number, job_id)
            for number, seen in enumerate(sightings)
            if seen.is_left and (job_id := self._running(seen))
        ]
        left = left[:_MOST_LOOKED_FOR]
        if left:
            await asyncio.to_thread(named.bring, [job_id for _, job_id in left])
        for number, job_id in left:
            if named.is_here(job_id):
                sightings[number] = replace(sightings[number], state=EngineState.ENDED)
        return sightings

    def _running(self, sighting: Sighting) -> str:
        """Return the id of a job that the engine takes for running, and of which we do not know that it is over."""
        array = self._ledger.arrays.get(sighting.array)
        if array is None or sighting.state is not EngineState.RUNNING or sighting.index in array.over:
            return ""
        return array.folder.job_ids[sighting.index] if 0 <= sighting.index < len(array.folder.job_ids) else ""

    def _with_outcome(self, running: Sequence[tuple[int, str]]) -> list[int]:
        return [number for number, job_id in running if (self._jobs / job_id / "outcome.json").exists()]

    def _see(self, sighting: Sighting) -> _Over | None:
        """Report a sighting, unless it is of a job that is over."""
        array = self._ledger.arrays.get(sighting.array)
        if array is None or not 0 <= sighting.index < len(array.folder.job_ids):
            return None
        job_id = array.folder.job_ids[sighting.index]
        if self._ledger.known[job_id].state.final:
            return None
        if sighting.state.over or (sighting.state is EngineState.HELD and sighting.failure is not None):
            return _Over(job_id, sighting, asyncio.get_running_loop().time())
        state = _STATES[sighting.state]
        self._over.pop(job_id, None)
        self._ledger.report(JobStatus(job_id, state, sighting.native_id, reason=sighting.reason, host=sighting.host))
        return None

    # how it ended ---------------------------------------------------------------------------------------------

    async def _settle(self, over: Sequence[_Over]) -> None:
        """Find the outcomes of jobs that are over; give up on those that have had time enough to leave one."""
        if not over:
            return
        held = [item.sighting.native_id for item in over if item.sighting.state is EngineState.HELD]
        if held:
            await self._engine.cancel(held)
        over, problems = await self._bring_home(over)
        found = await asyncio.to_thread(self._outcomes, [item.job_id for item in over])
        home, silent = [], []
        for item in over:
            if item.job_id not in found:
                continue
            end = found[item.job_id]
            if isinstance(end, Outcome):
                done = JobStatus(item.job_id, JobState.DONE, item.sighting.native_id, end, host=end.host)
                self._end(item, settled(done))
                home.append(item.sighting.native_id)
            elif isinstance(end, str) or self._is_late(item):
                silent.append((item, end or problems.get(item.sighting.native_id, "")))
        self._to_forget += home
        await self._bury(silent)
        self._to_forget += [item.sighting.native_id for item, _ in silent]
        await self._forget()

    async def _bring_home(self, over: Sequence[_Over]) -> tuple[Sequence[_Over], Mapping[str, str]]:
        """Bring home what jobs left; return those of which it can be told now, and what is wrong by native id."""
        if self._named is not None:
            untold = await asyncio.to_thread(self._named.bring, [item.job_id for item in over])
            return [item for item in over if item.job_id not in untold], {}
        ended = [item for item in over if item.sighting.state is not EngineState.HELD]
        if self._engine.traits.shared_files or not ended:
            return over, {}
        folders = {item.sighting.native_id: self._jobs / item.job_id for item in ended}
        for folder in folders.values():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return over, await self._engine.collect(folders)

    def _outcomes(self, job_ids: Sequence[str]) -> dict[str, Outcome | str | None]:
        """Return what each job left: an outcome, None for nothing yet, or what is wrong with it; runs in a thread.

        One of which that cannot be told now is left out: it is looked at again in the next round.
        """
        found: dict[str, Outcome | str | None] = {}
        for job_id in job_ids:
            try:
                found[job_id] = self._read(self._jobs / job_id)
            except ValueError as problem:
                found[job_id] = str(problem)
            except (OSError, RecastError):  # a full disk here, or a store that is down, says nothing about the job
                continue
        return found

    def _read(self, folder: Path) -> Outcome | None:
        shared = self._engine.traits.shared_files
        return believed(folder, self._store) if shared else bring_in(folder, self._store, self._far)

    def _is_late(self, item: _Over) -> bool:
        if self._named is None and (item.sighting.failure is not None or not self._engine.traits.shared_files):
            return True
        return asyncio.get_running_loop().time() - item.since_s >= self._grace_s

    async def _bury(self, silent: Sequence[tuple[_Over, str]]) -> None:
        """End jobs that left no outcome, by the engine's own word if it has one."""
        unknown = [item.sighting.native_id for item, _ in silent if item.sighting.failure is None]
        books = await self._engine.autopsy(unknown) if unknown else {}
        for item, why in silent:
            word = books.get(item.sighting.native_id, item.sighting)
            self._end(item, await asyncio.to_thread(self._without_outcome, item, word, why))

    def _without_outcome(self, item: _Over, word: Sighting, why: str) -> JobStatus:
        said = "; ".join(part for part in (why, word.reason) if part)
        # Cancelled by somebody else, at the engine: nothing says that the result is not wanted any more.
        if word.failure not in (None, FailureClass.LOST, FailureClass.CANCELLED):
            assert word.failure is not None
            return unable(item.job_id, word.failure, said or f"ended by {self._engine.name}", word.native_id, word.host)
        # Asked in any case: where files are shared, asking takes the folder of a job that has not begun.
        has_begun = self.began(item.job_id) or self._ledger.known[item.job_id].state is JobState.RUNNING
        # What is wrong with an outcome, or with what came home, says by itself that the job began.
        late = "" if why else "it began, but left no outcome"
        reason = "; ".join(filter(None, (said, late if has_begun else "it never began")))
        return JobStatus(item.job_id, JobState.LOST, word.native_id, reason=reason, host=word.host)

    def began(self, job_id: str) -> bool:
        """Return whether a job has begun; if not it never will: its folder is taken (only where files are shared)."""
        folder = self._jobs / job_id
        if self._named is not None and not (folder / "log").exists() and self._named.bring_log(job_id):
            (folder / "out/log").replace(folder / "log")
        if not self._engine.traits.shared_files:
            return (folder / "log").exists()
        try:
            folder.mkdir(mode=0o700, parents=True)
            (folder / "revoked").touch()
        except FileExistsError:
            return not (folder / "revoked").exists()
        return False

    def _end(self, item: _Over, status: JobStatus) -> None:
        self._over.pop(item.job_id, None)
        self._ledger.report(status)

    async def _forget(self) -> None:
        """Let the engine drop what is home or lost; what it is not told now, it is told at the next round."""
        if self._to_forget:
            await self._engine.forget(self._to_forget)
            self._to_forget = []

    async def close(self) -> None:
        """Tell the engine what it may drop: the last jobs of a run end it before the watch gets there."""
        with suppress(ExecutorError, CredentialsProblem):
            await self._forget()


_STATES = {
    EngineState.WAITING: JobState.QUEUED,
    EngineState.RUNNING: JobState.RUNNING,
    EngineState.HELD: JobState.HELD,
}


async def _either(event: asyncio.Event, pause_s: float, least_s: float) -> None:
    """Wait for a pause, or shorter if something happens, but never less than `least_s`."""
    await asyncio.sleep(min(least_s, pause_s))
    try:
        await asyncio.wait_for(event.wait(), max(0.0, pause_s - least_s))
    except TimeoutError:
        return
