"""HTCondor as a batch system: clusters through a schedd, files by its own transfer, the event log before the queue."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from recast.errors import CredentialsProblem, RecastError
from recast.executors.batch.in_image import inside
from recast.executors.batch.settings import COMMON
from recast.executors.batch.system import Array, Refused, Sighting, Traits, Watched
from recast.executors.htcondor import preview as shown
from recast.executors.htcondor.ads import BOOK, constraint_of, entry_of, quoted
from recast.executors.htcondor.calls import Calls, environment_of
from recast.executors.htcondor.describe import LOG_NAME, carried_bytes, describe, items_of, links_of, sandbox_of
from recast.executors.htcondor.home import move_home
from recast.executors.htcondor.look import Looks
from recast.executors.htcondor.options import SETTINGS, Options
from recast.executors.htcondor.tail import tail
from recast.executors.htcondor.tokens import check_tokens
from recast.executors.htcondor.userlog import LogReader
from recast.executors.settings import Setting
from recast.jobs import FailureClass
from recast.json_types import JsonObject

__all__ = ["HTCondorSystem"]

_CLOCKS_APART_S = 3600
_SPOOLING = 16
_SLOWEST_BYTES_PER_S = 1e6
_TRANSFERS = 10
"""How many times longer than other calls the return of outputs may take, whose size is not known."""


class HTCondorSystem:
    """Arrays as clusters of HTCondor. `values` are settings by name, as `settings` declares them.

    Raises UsageError for an invalid one.
    """

    name = "htcondor"
    grants = frozenset({"architecture", "gpu_model", "working_group", "container_args"})
    preview = staticmethod(shown.preview)
    settings: ClassVar[tuple[Setting, ...]] = (*SETTINGS, *COMMON)

    def __init__(self, values: JsonObject) -> None:
        self._options = Options.of(values)
        self._schedd = ""
        environ = self._environ = environment_of(os.environ, self._options.collector, self._options.token_dir)
        self._calls = Calls(environ, self._options.schedd, self._options.call_s)
        # Transfers of gigabytes must not block polling.
        self._transfers = Calls(environ, self._options.schedd, self._options.call_s)
        self._looks = Looks(self._calls, self._options.sweep_s)
        self._is_spooled = self._options.transfer != "local"
        self._folders: dict[int, Path] = {}
        self._at_home: dict[str, Path] = {}

    @property
    def traits(self) -> Traits:
        """Return the traits: no shared files, and the worker enforces the wall time before HTCondor does."""
        return Traits(
            shared_files=False,
            array_size=self._options.array_size,
            poll_s=self._options.poll_s,
            quick_poll_s=min(self._options.quick_poll_s, self._options.poll_s),
            margin_s=self._options.margin_s,
            shows_stdout=True,
        )

    async def connect(self) -> None:
        """Find the schedd and check our identity there; raise ExecutorError or CredentialsProblem."""
        if self._options.token_dir:
            check_tokens(Path(self._options.token_dir).expanduser())
        about = await self._calls.ask("locate")
        self._schedd = str(about["Name"])
        if self._options.transfer == "auto":
            self._is_spooled = about["Machine"] not in _own_names()

    # submission -----------------------------------------------------------------------------------------------

    async def submit(self, array: Array) -> str:
        """Submit a cluster, and send its files if they are spooled, in one call."""
        if self._options.universe == "container" and array.jobs[0].image is not None:
            array = await asyncio.to_thread(inside, array)
        items = items_of(array)
        text = describe(array, self._options, is_spooled=self._is_spooled, margin_s=self._options.margin_s)
        await asyncio.to_thread(_make_sandboxes, array)
        try:
            cluster = await self._transfers.ask(
                "submit",
                bound_s=self._options.call_s + sum(carried_bytes(array.files)) / _SLOWEST_BYTES_PER_S,
                **{"text": text, "items": items, "spool": self._is_spooled},
            )
        except CredentialsProblem as problem:
            raise Refused(
                problem.what,
                failure=FailureClass.AUTHENTICATION,
                where=problem.where,
                why=problem.why,
                next_step=problem.next_step,
            ) from problem
        self._folders[cluster] = array.folder
        return str(cluster)

    async def find(self, folders: Mapping[str, Path]) -> dict[str, str]:
        """Return the clusters of arrays: from their logs, from the queue, from the history.

        A cluster whose files never reached the schedd is removed: it would wait for them forever.
        """
        found = {name: str(reader.cluster) for name, reader in self._read_logs(folders) if reader.cluster is not None}
        missing = [name for name in folders if name not in found]
        if missing:
            found |= await self._in_queue(missing)
        missing = [name for name in missing if name not in found]
        if missing:
            found |= await self._in_history({name: folders[name] for name in missing})
        self._folders |= {int(cluster): folders[name] for name, cluster in found.items()}
        return found

    def _read_logs(self, folders: Mapping[str, Path]) -> list[tuple[str, LogReader]]:
        readers = [(name, LogReader(folder / "engine" / LOG_NAME, name)) for name, folder in folders.items()]
        for _, reader in readers:
            reader.read()
        return readers

    async def _in_queue(self, names: Sequence[str]) -> dict[str, str]:
        projection = ["RecastArray", "ClusterId", "HoldReasonCode"]
        ads = await self._calls.ask("query", constraint=_named(names) + " && JobStatus =!= 3", projection=projection)
        ours = [ad for ad in ads if ad["RecastArray"] in names]
        arrived = {str(ad["RecastArray"]): str(ad["ClusterId"]) for ad in ours if ad.get("HoldReasonCode") != _SPOOLING}
        stuck = {str(ad["ClusterId"]) for ad in ours} - set(arrived.values())
        if stuck:
            await self.cancel(sorted(stuck))
        return arrived

    async def _in_history(self, folders: Mapping[str, Path]) -> dict[str, str]:
        since = min(folder.stat().st_mtime for folder in folders.values()) - _CLOCKS_APART_S
        projection = ["RecastArray", "ClusterId", "StageInFinish"]
        ads = await self._calls.ask(
            "history", constraint=_named(list(folders)), projection=projection, since=int(since)
        )
        return {
            str(ad["RecastArray"]): str(ad["ClusterId"])
            for ad in ads
            if ad.get("RecastArray") in folders and (not self._is_spooled or ad.get("StageInFinish"))
        }

    def native_id(self, array: str, index: int) -> str:
        """Return `cluster.process`."""
        return f"{array}.{index}"

    # watching -------------------------------------------------------------------------------------------------

    async def survey(self, arrays: Sequence[Watched]) -> list[Sighting]:
        """Return what changed, from the event logs that we can read, and with one query for all other arrays."""
        self._folders |= {int(array.native_id): array.folder for array in arrays}
        return await self._looks.look(arrays)

    # the end of jobs ------------------------------------------------------------------------------------------

    async def autopsy(self, native_ids: Sequence[str]) -> dict[str, Sighting]:
        """Return what the queue and the history say about jobs."""
        constraint = constraint_of(native_ids)
        ads = await self._calls.ask("query", constraint=constraint, projection=BOOK)
        missing = set(native_ids) - {f"{ad['ClusterId']}.{ad['ProcId']}" for ad in ads}
        if missing:
            since = min((self._born(native_id) for native_id in missing), default=time.time()) - _CLOCKS_APART_S
            constraint = constraint_of(missing)
            ads += await self._calls.ask("history", constraint=constraint, projection=BOOK, since=int(since))
        return {f"{ad['ClusterId']}.{ad['ProcId']}": entry_of(ad) for ad in ads if "ProcId" in ad}

    def _born(self, native_id: str) -> float:
        folder = self._folders.get(int(native_id.partition(".")[0]))
        return folder.stat().st_mtime if folder is not None else time.time()

    async def collect(self, native_ids: Mapping[str, Path]) -> dict[str, str]:
        """Fetch spooled outputs, in one call, and move each job's `out` to its attempt."""
        waiting = [native_id for native_id, folder in native_ids.items() if not (folder / "out").exists()]
        if self._is_spooled and waiting:
            constraint = f"({constraint_of(waiting)}) && JobStatus == 4"
            await self._transfers.ask("retrieve", bound_s=_TRANSFERS * self._options.call_s, constraint=constraint)
        self._at_home |= native_ids
        return await asyncio.to_thread(move_home, self._folders, native_ids)

    async def forget(self, native_ids: Sequence[str]) -> None:
        """Remove jobs from the queue; those that are not in it are ignored."""
        await self.cancel(native_ids)
        for native_id in native_ids:
            self._at_home.pop(native_id, None)

    async def cancel(self, native_ids: Sequence[str]) -> None:
        """Remove jobs or whole clusters from the queue."""
        if native_ids:
            constraint = f"({constraint_of(native_ids)}) && JobStatus =!= 3"
            await self._calls.ask("act", action="Remove", constraint=constraint, reason="recast: no longer needed")

    async def peek(self, native_id: str, offset: int) -> bytes | None:
        """Return what a running job has written from `offset` on; raise ExecutorError if there is no condor_tail."""
        # condor_tail itself waits forever for a job that is not running.
        constraint = f"({constraint_of([native_id])}) && JobStatus == 2"
        if not await self._calls.ask("query", constraint=constraint, projection=["ClusterId"]):
            return None
        return await tail(self._options.condor_tail, self._environ, self._schedd, native_id, offset)

    async def close(self) -> None:
        """Remove finished jobs from the queue, so that a run leaves nothing in the spool; end the bindings' process."""
        left = [native_id for native_id, folder in self._at_home.items() if (folder / "outcome.json").exists()]
        with suppress(RecastError):
            await self.forget(left)
        await self._transfers.close()
        await self._calls.close()


def _named(names: Sequence[str]) -> str:
    terms = " || ".join(f"RecastArray == {quoted(name)}" for name in names)
    return f"({terms})"


def _own_names() -> set[str]:
    import socket

    return {socket.gethostname(), socket.getfqdn()}


def _make_sandboxes(array: Array) -> None:
    for index in range(len(array.jobs)):
        sandbox_of(array.folder, index).mkdir(parents=True, exist_ok=True)
    for link, path in links_of(array).items():
        link.unlink(missing_ok=True)
        link.symlink_to(path)
