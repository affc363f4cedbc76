"""Verify inputs before a job is submitted, and rerun the step that made a lost file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence

from recast.engine import Engine, StepRun
from recast.engine import events as ev
from recast.engine.commands import Submit
from recast.engine.lost import in_words, owners_of
from recast.errors import ArtifactDamaged, StoreError
from recast.jobs import Artifact, FailureClass
from recast.rundir import now
from recast.store import ArtifactStore

__all__ = ["Remake", "lost_outputs"]


class Remake:
    """Holds back jobs whose inputs are missing or damaged, and reruns the steps that made these."""

    def __init__(self, engine: Engine, store: ArtifactStore, record: Callable[[ev.Event], None]) -> None:
        self._engine = engine
        self._store = store
        self._record = record
        self._asked: set[str] = set()

    async def with_sound_inputs(self, commands: Sequence[Submit]) -> list[Submit]:
        """Return the submissions with intact inputs; the others wait for a step, or fail with the file's name."""
        inputs = {item.digest: item for command in commands for item in command.job.inputs}
        if not inputs:
            return list(commands)
        for command in commands:
            if FailureClass.STAGING in self._engine.runs[command.step].tries:
                for item in command.job.inputs:
                    self._store.known.doubt(item.digest)
        lost = await self._lost(inputs.values())
        for digest in inputs:
            self._store.known.lend(digest)
        return [command for command in commands if not self._kept_back(command, lost)] if lost else list(commands)

    def again(self, digest: str) -> bool:
        """Rerun the step that made a file which a result needs; return False if none did, or it was rerun already."""
        if digest in self._asked:
            return False
        self._asked.add(digest)
        return not self._run_again([digest], ())

    async def _lost(self, items: Iterable[Artifact]) -> set[str]:
        lost, unknown = set(), []
        for item in items:
            judged = self._store.judged(item.digest, item.size)
            if judged is False:
                lost.add(item.digest)
            elif judged is None or (item.digest in self._store.known.suspect and self._store.far_url(item.digest)):
                unknown.append(item.digest)
        if unknown:
            lost.update(await asyncio.to_thread(self._unsound, unknown))
        return lost

    def _unsound(self, digests: Sequence[str]) -> list[str]:
        return [digest for digest in digests if not self._is_sound(digest)]

    def _is_sound(self, digest: str) -> bool:
        if self._store.stat(digest) is not None:
            return self._store.hashed(digest)
        try:
            self._store.local(digest)
        except ArtifactDamaged:
            return False
        except StoreError:
            if self._store.is_far(digest):
                raise  # it cannot be read now, which says nothing about the file
            return False
        return True

    def _kept_back(self, command: Submit, lost: set[str]) -> bool:
        mine = {item.digest: item.path for item in command.job.inputs if item.digest in lost}
        if not mine:
            return False
        ownerless = self._run_again(sorted(mine), (command.step,))
        if ownerless:
            names = ", ".join(f"{mine[digest]} ({digest})" for digest in ownerless)
            reason = f"an input file is missing from the store or damaged: {names}\nhand it in again: recast run"
            self._record(ev.StepFailed(now(), command.step, FailureClass.STAGING, reason))
        return True

    def _run_again(self, digests: Sequence[str], waiting: tuple[str, ...]) -> list[str]:
        """Record which steps are rerun; return the files that no step has made."""
        owners = owners_of(digests, self._engine.runs.values())
        ownerless = [digest for digest in digests if digest not in owners]
        if not ownerless:
            for event in _events(owners, waiting):
                self._record(event)
        return ownerless


def lost_outputs(engine: Engine, store: ArtifactStore) -> list[ev.OutputsLost]:
    """Return the events that rerun steps whose files are missing or damaged; all files are checked."""
    files = {item.digest: item for run in engine.runs.values() for item in run.step.outputs.values()}
    lost = [digest for digest, item in files.items() if not store.sound(digest, item.size)]
    return _events(owners_of(lost, engine.runs.values()), ())


def _events(owners: Mapping[str, StepRun], waiting: tuple[str, ...]) -> list[ev.OutputsLost]:
    by_step: dict[str, list[str]] = {}
    for digest, run in owners.items():
        by_step.setdefault(run.step.id, []).append(digest)
    return [ev.OutputsLost(now(), step, tuple(lost), waiting, in_words(lost)) for step, lost in by_step.items()]
