"""Poll the queue: what changed since the last poll, from event logs that we can read, otherwise from the schedd."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence

from recast.executors.batch.system import EngineState, Sighting, Watched
from recast.executors.htcondor.ads import PROJECTION, constraint_of, sighting_of, verdict_of
from recast.executors.htcondor.calls import Calls
from recast.executors.htcondor.describe import LOG_NAME
from recast.executors.htcondor.holds import Advice
from recast.executors.htcondor.userlog import LogReader
from recast.json_types import JsonDict, JsonObject

__all__ = ["Looks"]

_OVERLAP_S = 3
"""The schedd counts in whole seconds, so polls overlap a little."""

_HELD = 5


class Looks:
    """Reports the news of each poll. Held jobs that are worth another try are released.

    All jobs of our arrays are listed every `sweep_s` seconds, the only way to notice removed jobs.
    """

    def __init__(self, calls: Calls, sweep_s: float) -> None:
        self._calls = calls
        self._sweep_s = sweep_s
        self._logs: dict[str, LogReader] = {}
        self._seen_until: dict[int, int] = {}
        self._whole = 0.0

    async def look(self, arrays: Sequence[Watched]) -> list[Sighting]:
        """Return what changed; raise what the calls raise."""
        logged = {array.name for array in arrays if (array.folder / "engine" / LOG_NAME).exists()}
        seen, to_release = await asyncio.to_thread(self._from_logs, [a for a in arrays if a.name in logged])
        is_whole = time.monotonic() - self._whole >= self._sweep_s
        asked = [array for array in arrays if is_whole or array.name not in logged]
        if asked:
            ads = await self._ask(asked, is_whole)
            more, releasable = _from_queue(asked, ads, {(sighting.array, sighting.index) for sighting in seen})
            seen, to_release = seen + more, to_release | releasable
        if is_whole:
            seen += _vanished(asked, {(sighting.array, sighting.index) for sighting in seen}, logged)
            self._whole = time.monotonic()
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

    async def _ask(self, arrays: Sequence[Watched], is_whole: bool) -> list[JsonDict]:
        """Ask for jobs whose state changed since the last look, or for all of them; one call."""
        known = [array.native_id for array in arrays if not is_whole and int(array.native_id) in self._seen_until]
        fresh = [array.native_id for array in arrays if array.native_id not in known]
        terms = [f"({constraint_of(fresh)})"] if fresh else []
        if known:
            since = min(self._seen_until[int(native_id)] for native_id in known) - _OVERLAP_S
            terms.append(f"(({constraint_of(known)}) && EnteredCurrentStatus >= {since})")
        ads: list[JsonDict] = await self._calls.ask(
            "query", constraint=" || ".join(terms), projection=[*PROJECTION, "ServerTime"]
        )
        latest = max((int(ad.get("ServerTime") or 0) for ad in ads), default=0)
        for cluster in (int(array.native_id) for array in arrays):
            self._seen_until[cluster] = max(self._seen_until.get(cluster, 0), latest)
        return ads

    async def _release(self, native_ids: Iterable[str]) -> None:
        reason = "recast: worth another try"
        await self._calls.ask("act", action="Release", constraint=constraint_of(native_ids), reason=reason)


def _from_queue(
    arrays: Sequence[Watched], ads: Sequence[JsonObject], heard: set[tuple[str, int]]
) -> tuple[list[Sighting], set[str]]:
    """Return what the ads say about jobs without news in a log, and which of them are worth another try."""
    names = {int(array.native_id): array.name for array in arrays}
    own = [(sighting_of(ad, names[ad["ClusterId"]]), ad) for ad in ads if ad.get("ClusterId") in names]
    new = [(seen, ad) for seen, ad in own if (seen.array, seen.index) not in heard]
    to_release = {seen.native_id for seen, ad in new if _is_releasable(ad)}
    return [seen for seen, _ in new], to_release


def _is_releasable(ad: JsonObject) -> bool:
    return ad.get("JobStatus") == _HELD and verdict_of(ad).advice is Advice.RELEASE


def _vanished(arrays: Sequence[Watched], seen: set[tuple[str, int]], logged: set[str]) -> list[Sighting]:
    """Return the jobs that are no longer in the queue: somebody removed them, or HTCondor lost its records.

    Jobs of an array with a log may not be in the queue yet: such an array is over when none of its jobs is left.
    """
    gone = []
    for array in arrays:
        listed = {index for name, index in seen if name == array.name}
        if array.name in logged and listed:
            continue
        for index in set(range(array.size)) - array.over - listed:
            native_id = f"{array.native_id}.{index}"
            gone.append(Sighting(array.name, index, EngineState.GONE, native_id, "it is no longer in the queue"))
    return gone
