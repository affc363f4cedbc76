"""HTCondor as a batch engine: clusters through a schedd, files by its own transfer, the event log before the queue."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from recast.errors import CredentialsProblem, RecastError
from recast.executors.batch.engine import Array, EngineState, Refused, Sighting, Traits, Watched
from recast.executors.batch.settings import COMMON
from recast.executors.htcondor.ads import BOOK, PROJECTION, constraint_of, entry_of, quoted, sighting_of, verdict_of
from recast.executors.htcondor.calls import Calls, environment_of
from recast.executors.htcondor.describe import LOG_NAME, describe, items_of, links_of, sandbox_of
from recast.executors.htcondor.holds import Advice
from recast.executors.htcondor.home import move_home
from recast.executors.htcondor.inside import inside
from recast.executors.htcondor.options import SETTINGS, Options
from recast.executors.htcondor.tokens import check_tokens
from recast.executors.htcondor.userlog import LogReader
from recast.executors.settings import Setting
from recast.jobs import FailureClass

__all__ = ["HTCondorEngine"]

_WHOLE_LOOK_S = 60.0
"""How often the whole queue of our arrays is listed: only so a job shows that somebody took out."""

_OVERLAP_S = 3
"""The schedd counts in whole seconds; a look covers a little of the one before."""

_CLOCKS_APART_S = 3600
_HELD, _SPOOLING = 5, 16


class HTCondorEngine:
    """Arrays as clusters of HTCondor. `values` are settings by name, as `settings` declares them.

    Raises UsageError for one that makes no sense.
    """

    name = "htcondor"
    settings: ClassVar[tuple[Setting, ...]] = (*SETTINGS, *COMMON)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._options = Options.of(values)
        environ = environment_of(os.environ, self._options.collector, self._options.token_dir)
        self._calls = Calls(environ, self._options.schedd, self._options.call_s)
        self._is_spooled = self._options.transfer != "local"
        self._folders: dict[int, Path] = {}
        self._logs: dict[str, LogReader] = {}
        self._seen_until: dict[int, int] = {}
        self._whole_look = 0.0
        self._at_home: dict[str, Path] = {}

    @property
    def traits(self) -> Traits:
        """Nodes see none of our files; the worker's own watch of the wall time bites before HTCondor's."""
        return Traits(
            shared_files=False,
            array_size=self._options.array_size,
            poll_s=self._options.poll_s,
            quick_poll_s=min(self._options.quick_poll_s, self._options.poll_s),
            margin_s=self._options.margin_s,
        )

    async def connect(self) -> None:
        """Find the schedd and see who it takes us for; raise ExecutorError or CredentialsProblem."""
        if self._options.token_dir:
            check_tokens(Path(self._options.token_dir).expanduser())
        about = await self._calls.ask("locate")
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
            cluster = await self._calls.ask("submit", text=text, items=items, spool=self._is_spooled)
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

        A cluster whose files never got to the schedd is taken out: it would wait for them for ever.
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
        """Return what changed: from the event logs that we can read, and in one query for all other arrays."""
        self._folders |= {int(array.native_id): array.folder for array in arrays}
        logged = [array for array in arrays if (array.folder / "engine" / LOG_NAME).exists()]
        seen, to_release = await asyncio.to_thread(self._from_logs, logged)
        is_whole = time.monotonic() - self._whole_look >= _WHOLE_LOOK_S
        asked = list(arrays) if is_whole else [array for array in arrays if array not in logged]
        if asked:
            ads = await self._look(asked, is_whole)
            heard = {(sighting.array, sighting.index) for sighting in seen}
            names = {int(array.native_id): array.name for array in asked}
            own = [(sighting_of(ad, names[ad["ClusterId"]]), ad) for ad in ads if ad.get("ClusterId") in names]
            seen += [sighting for sighting, _ in own if (sighting.array, sighting.index) not in heard]
            to_release |= {s.native_id for s, ad in own if s.state is EngineState.WAITING and _is_releasable(ad)}
            if is_whole:
                seen += _vanished(asked, {(s.array, s.index) for s in seen}, {array.name for array in logged})
                self._whole_look = time.monotonic()
        if to_release:
            await self._release(to_release)
        return seen

    def _from_logs(self, arrays: Sequence[Watched]) -> tuple[list[Sighting], set[str]]:
        seen: list[Sighting] = []
        to_release: set[str] = set()
        for array in arrays:
            if array.name not in self._logs:
                self._logs[array.name] = LogReader(array.folder / "engine" / LOG_NAME, array.name)
            reader = self._logs[array.name]
            seen += reader.read()
            to_release |= reader.to_release
            reader.to_release.clear()
        return seen, to_release

    async def _look(self, arrays: Sequence[Watched], is_whole: bool) -> list[dict[str, Any]]:
        """Ask for jobs whose state changed since the last look, or for all of them."""
        fresh = [array.native_id for array in arrays if is_whole or int(array.native_id) not in self._seen_until]
        known = [array.native_id for array in arrays if array.native_id not in fresh]
        constraint = f"({constraint_of(fresh)})" if fresh else ""
        if known:
            since = min(self._seen_until[int(native_id)] for native_id in known) - _OVERLAP_S
            changed = f"(({constraint_of(known)}) && EnteredCurrentStatus >= {since})"
            constraint = f"{constraint} || {changed}" if constraint else changed
        ads: list[dict[str, Any]] = await self._calls.ask(
            "query", constraint=constraint, projection=[*PROJECTION, "ServerTime"]
        )
        latest = max((int(ad.get("ServerTime") or 0) for ad in ads), default=0)
        for array in arrays:
            cluster = int(array.native_id)
            self._seen_until[cluster] = max(self._seen_until.get(cluster, 0), latest)
        return ads

    async def _release(self, native_ids: Iterable[str]) -> None:
        reason = "recast: worth another try"
        await self._calls.ask("act", action="Release", constraint=constraint_of(native_ids), reason=reason)

    # the end of jobs ------------------------------------------------------------------------------------------

    async def autopsy(self, native_ids: Sequence[str]) -> dict[str, Sighting]:
        """Return what the queue and the history say of jobs."""
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
        """Fetch what is spooled, in one call, and move each job's `out` home."""
        waiting = [native_id for native_id, folder in native_ids.items() if not (folder / "out").exists()]
        if self._is_spooled and waiting:
            await self._calls.ask("retrieve", constraint=f"({constraint_of(waiting)}) && JobStatus == 4")
        self._at_home |= native_ids
        return await asyncio.to_thread(move_home, self._folders, native_ids)

    async def forget(self, native_ids: Sequence[str]) -> None:
        """Take jobs out of the queue; those that are not in it are none of its business."""
        await self.cancel(native_ids)
        for native_id in native_ids:
            self._at_home.pop(native_id, None)

    async def cancel(self, native_ids: Sequence[str]) -> None:
        """Take jobs or whole clusters out of the queue."""
        if native_ids:
            constraint = f"({constraint_of(native_ids)}) && JobStatus =!= 3"
            await self._calls.ask("act", action="Remove", constraint=constraint, reason="recast: not wanted any more")

    async def peek(self, native_id: str, offset: int) -> bytes | None:
        """Return None: HTCondor's bindings cannot look at a job that runs."""
        return None

    async def close(self) -> None:
        """Forget what is home by now, so that a run leaves nothing in the spool; end the bindings' process."""
        left = [native_id for native_id, folder in self._at_home.items() if (folder / "outcome.json").exists()]
        with suppress(RecastError):
            await self.forget(left)
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


def _is_releasable(ad: Mapping[str, Any]) -> bool:
    return ad.get("JobStatus") == _HELD and verdict_of(ad).advice is Advice.RELEASE


def _vanished(arrays: Sequence[Watched], seen: set[tuple[str, int]], logged: set[str]) -> list[Sighting]:
    """Return the jobs that are not in the queue any more: somebody took them out, or HTCondor lost its own books.

    Of an array with a log, jobs may not have come into the queue yet: it is over when nothing of it is left.
    """
    gone = []
    for array in arrays:
        listed = {index for name, index in seen if name == array.name}
        if array.name in logged and listed:
            continue
        for index in set(range(array.size)) - array.over - listed:
            native_id = f"{array.native_id}.{index}"
            gone.append(Sighting(array.name, index, EngineState.GONE, native_id, "it is not in the queue any more"))
    return gone
