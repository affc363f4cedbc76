"""Slurm as a batch system: sbatch, squeue, scancel, and sacct if the site has accounting."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, TypeVar

from recast.errors import ExecutorError
from recast.executors.batch.settings import COMMON
from recast.executors.batch.system import Array, Sighting, Traits, Watched
from recast.executors.command import Answer
from recast.executors.settings import Setting
from recast.executors.slurm import answers, sbatch
from recast.executors.slurm import preview as shown
from recast.executors.slurm.answers import Commands
from recast.executors.slurm.ranges import split_job_id, task_ids
from recast.executors.slurm.refusal import refusal
from recast.executors.slurm.seen import Seen, ended_as, running_though_over
from recast.executors.slurm.settings import SETTINGS, SlurmSettings
from recast.executors.slurm.states import verdict_of_log
from recast.json_types import JsonObject

__all__ = ["SlurmSystem"]

_WORDS_PER_SCANCEL = 20
_LOG_BYTES = 16 << 10
_BOOKS_BEHIND_S = 300
_PHANTOM_S = 10.0
T = TypeVar("T")


class SlurmSystem:
    """Slurm by its own commands, which must be on the PATH; nodes share the run's folder and the store with us.

    `values` are settings by name (`settings`); raises UsageError for an invalid one. One `squeue` per survey covers all
    arrays; the waiting tasks of an array are one line in it.
    """

    name = "slurm"
    grants = frozenset({"gpu_model", "working_group", "container_args", "secrets"})
    preview = staticmethod(shown.preview)
    settings: ClassVar[tuple[Setting, ...]] = (*SETTINGS, *COMMON)

    def __init__(self, values: JsonObject | None = None, env: Mapping[str, str] | None = None) -> None:
        self._settings = SlurmSettings.of(values or {})
        self._commands = Commands(
            sbatch.client_environment(os.environ if env is None else env), self._settings.command_timeout_s
        )
        self._seen = Seen()
        self._nodes: dict[str, str] = {}
        self._has_books = False
        self._traits = Traits(
            array_size=self._settings.array_size,
            poll_s=self._settings.poll_s,
            quick_poll_s=self._settings.quick_poll_s,
            margin_s=self._settings.margin_s,
        )
        self._arrays: dict[str, tuple[str, Path]] = {}
        self._phantoms: dict[str, float] = {}

    @property
    def traits(self) -> Traits:
        """What Slurm can do here; its limit on arrays is known after `connect`."""
        return self._traits

    @property
    def calls(self) -> Mapping[str, int]:
        """How often each of Slurm's commands was run."""
        return self._commands.calls

    async def connect(self) -> None:
        """Ask the scheduler for its limits; raise ExecutorError if it cannot be reached."""
        config = answers.config_of(await self._said("scontrol", "show", "config"))
        most = int(config["MaxArraySize"]) if config.get("MaxArraySize", "").isdigit() else 1
        size = max(1, min(self._settings.array_size, most))
        keeps_books = config.get("AccountingStorageType", "").endswith("slurmdbd")
        self._has_books = self._settings.sacct == "yes" or (self._settings.sacct == "auto" and keeps_books)
        self._traits = replace(self._traits, array_size=size)

    # arrays in -------------------------------------------------------------------------------------------------

    async def submit(self, array: Array) -> str:
        """Submit an array with one sbatch; raise Refused if Slurm certainly has no job of it."""
        words = sbatch.sbatch_words(array, self._settings, await self._exclude(array.avoid_hosts))
        answer = await self._commands.run("sbatch", *words, text=sbatch.script(array.command))
        if answer.code:
            raise refusal(answer.err)
        return _read(answers.submitted_id, answer.out, "sbatch")

    async def _exclude(self, hosts: Sequence[str]) -> list[str]:
        if not hosts:
            return []
        if not self._nodes:
            partition = [f"--partition={self._settings.partition}"] if self._settings.partition else []
            said = await self._said("sinfo", "--noheader", "--Node", "--format=%N|%n", *partition)
            self._nodes = _read(answers.nodes_of, said, "sinfo")
        return sbatch.excluded(hosts, self._nodes)

    async def find(self, folders: Mapping[str, Path]) -> dict[str, str]:
        """Return the ids of arrays: from the queue, from the logs of their tasks, from the accounting."""
        found: dict[str, str] = {}
        for row in sorted(await self._queue(folders, "--states=all"), key=lambda row: int(row.array)):
            found[row.name] = row.array
        for name in folders.keys() - found.keys():
            for log in (folders[name] / "engine").glob("[0-9]*_[0-9]*.log"):
                found[name] = log.name.partition("_")[0]
        missing = {name: folders[name] for name in folders.keys() - found.keys()}
        if missing and self._has_books:
            found |= {row.name: row.array for row in await self._books(missing)}
        self._arrays.update({found[name]: (name, folders[name]) for name in found})
        return found

    def native_id(self, array: str, index: int) -> str:
        """Return the id of one task, as squeue prints it."""
        return f"{array}_{index}"

    # what became of them -----------------------------------------------------------------------------------------

    async def survey(self, arrays: Sequence[Watched]) -> list[Sighting]:
        """Return what changed in arrays, with one squeue."""
        self._arrays = {array.native_id: (array.name, array.folder) for array in arrays}
        rows = await self._queue({array.name: array.folder for array in arrays})
        sightings = _read(lambda _: self._seen.news(rows, arrays), "", "squeue")
        await self._end_phantoms(rows, arrays)
        return sightings

    async def _end_phantoms(self, rows: Sequence[answers.Row], arrays: Sequence[Watched]) -> None:
        """Cancel tasks that Slurm considers running although they ended long ago: they would occupy their nodes until
        the time limit.

        A scheduler that was killed before it saved its state restarts tasks that have already run.
        """
        running = running_though_over(rows, arrays)
        now_s = time.monotonic()
        self._phantoms = {native_id: self._phantoms.get(native_id, now_s) for native_id in running}
        old = [native_id for native_id, since_s in self._phantoms.items() if now_s - since_s > _PHANTOM_S]
        if old:
            with suppress(ExecutorError):  # the answer of squeue is valid nevertheless
                await self.cancel(old)

    async def autopsy(self, native_ids: Sequence[str]) -> dict[str, Sighting]:
        """Return how tasks have ended, from the scheduler's memory, its accounting, and the nodes' log lines."""
        wanted = {(base, index) for base, indexes in map(split_job_id, native_ids) for index in indexes or ()}
        folders = dict(self._arrays[base] for base, _ in wanted if base in self._arrays)
        if not folders:
            return {}
        found = ended_as(await self._queue(folders, "--states=all"), wanted)
        if self._has_books and any(f"{base}_{index}" not in found for base, index in wanted):
            found = ended_as(await self._books(folders), wanted) | found
        return {native_id: self._with_log(sighting) for native_id, sighting in found.items()}

    def _with_log(self, sighting: Sighting) -> Sighting:
        """Return a sighting with what the node's daemon wrote, which is more specific than the state FAILED."""
        _, folder = self._arrays[sighting.native_id.partition("_")[0]]
        log = folder / "engine" / f"{sighting.native_id}.log"
        said = verdict_of_log(_tail(log))
        if said is None:
            return sighting
        reason = f"{said.reason}; {sighting.reason}"
        return replace(sighting, reason=reason, failure=said.failure)

    # the end -----------------------------------------------------------------------------------------------------

    async def cancel(self, native_ids: Sequence[str]) -> None:
        """Cancel tasks or arrays, a few thousand with each scancel; it is not an error if they have already ended."""
        words = task_ids(native_ids)
        for start in range(0, len(words), _WORDS_PER_SCANCEL):
            answer = await self._commands.run("scancel", "--quiet", *words[start : start + _WORDS_PER_SCANCEL])
            if answer.code and not _is_over_already(answer):
                raise _unanswered("scancel", answer.why)

    async def collect(self, native_ids: Mapping[str, Path]) -> dict[str, str]:
        """Do nothing: nodes write into the run's folders."""
        return {}

    async def forget(self, native_ids: Sequence[str]) -> None:
        """Do nothing: Slurm forgets by itself."""

    async def peek(self, native_id: str, offset: int) -> bytes | None:
        """Return None: a job's log is in the run's folder."""
        return None

    async def close(self) -> None:
        """Do nothing: there is no connection."""

    # questions ---------------------------------------------------------------------------------------------------

    async def _queue(self, folders: Mapping[str, Path], *more: str) -> list[answers.Row]:
        """Ask squeue for arrays by name, limited to this user's jobs, which spares the scheduler work."""
        if not folders:
            return []
        whose = [f"--user={os.getuid()}", f"--name={','.join(folders)}"]
        said = await self._said("squeue", "--noheader", *whose, *more, f"--format={answers.SQUEUE_FORMAT}")
        return _read(lambda text: list(answers.squeue_rows(text)), said, "squeue")

    async def _books(self, folders: Mapping[str, Path]) -> list[answers.Row]:
        """Ask sacct for arrays by name, from before the creation of the oldest of their folders."""
        since = min(_made_s(folder) for folder in folders.values()) - _BOOKS_BEHIND_S
        start = datetime.datetime.fromtimestamp(since, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")
        whose = [f"--user={os.getuid()}", f"--name={','.join(folders)}", f"--starttime={start}"]
        how = ["--noheader", "--parsable2", "--allocations", f"--format={answers.SACCT_FORMAT}"]
        said = await self._said("sacct", *how, *whose, env={"TZ": "UTC"})
        return _read(lambda text: list(answers.sacct_rows(text)), said, "sacct")

    async def _said(self, *argv: str, env: Mapping[str, str] | None = None) -> str:
        answer = await self._commands.run(*argv, env=env)
        if answer.code:
            raise _unanswered(argv[0], answer.why)
        return answer.out


def _read(parse: Callable[[str], T], text: str, command: str) -> T:
    try:
        return parse(text)
    except ValueError as problem:
        raise _unanswered(command, f"its output cannot be parsed: {problem}") from problem


def _unanswered(command: str, why: str) -> ExecutorError:
    what = f"Slurm cannot be asked: {command} failed"
    return ExecutorError(what, where="executor slurm", why=why, next_step="scontrol ping")


def _is_over_already(answer: Answer) -> bool:
    lines = [line for line in answer.err.splitlines() if line.strip()]
    return all("Invalid job id" in line or "already completing or completed" in line for line in lines)


def _made_s(folder: Path) -> float:
    try:
        return (folder / "array.json").stat().st_mtime
    except OSError:
        return folder.stat().st_mtime


def _tail(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _LOG_BYTES))
            return file.read(_LOG_BYTES).decode(errors="replace")
    except OSError:
        return ""
