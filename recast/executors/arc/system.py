"""ARC as a batch engine: jobs by the REST interface of A-REX at one or several computing elements."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar

from recast.errors import ExecutorError, UsageError
from recast.executors.arc import preview as shown
from recast.executors.arc.answers import facts
from recast.executors.arc.element import PEER, ComputingElement
from recast.executors.arc.fetching import bring_home
from recast.executors.arc.index import Index, note, read
from recast.executors.arc.sending import create, discard_unsent, send, send_missing, send_rest, wishes
from recast.executors.arc.settings import SETTINGS
from recast.executors.arc.states import IN_BATCH, UNSENT, engine_state, failure_of_words, why_ended
from recast.executors.arc.xrsl import LOG, Wish
from recast.executors.batch.system import Array, EngineState, Refused, Sighting, Traits, Watched
from recast.executors.command import gather
from recast.executors.grid.credentials import find_credentials
from recast.executors.grid.delegation import signed
from recast.executors.grid.session import Session
from recast.executors.settings import Setting, words
from recast.json_types import JsonObject

__all__ = ["ArcSystem"]

_JOBS = "/rest/1.0/jobs"
_MOST_LAST_WORDS = 300
_SEND_AGAIN_S = 20.0
"""How long a job may wait for files that are sent before we look whether it has them all."""
_MOST_LOOKED_AT = 10
"""At how many such jobs we look in one survey; at each once."""


class ArcSystem:
    """Jobs at ARC computing elements. The native id of a job is its URL; that of an array names it at its endpoint."""

    settings: ClassVar[tuple[Setting, ...]] = SETTINGS
    name = "arc"
    grants = frozenset({"container_args"})
    preview = staticmethod(shown.preview)

    def __init__(self, values: JsonObject) -> None:
        """Take the settings of `SETTINGS` by name; those not given have their defaults."""
        given = {setting.name: setting.default for setting in SETTINGS} | dict(values)
        self._endpoints = tuple(each.rstrip("/") for each in words(given["endpoints"]))
        self._queue = given["queue"] or ""
        self._runtime_environments = words(given["runtime_environments"])
        self._delegate = bool(given["delegate"])
        self._delegations: dict[tuple[str, object], str] = {}
        self._credentials = find_credentials(given["proxy"], given["token_file"], given["ca_dir"])
        self._timeout_s, self._transfers = float(given["timeout_s"]), int(given["transfers"])
        self._most_output_bytes = int(given["output"]) * 1_000_000
        self._elements: dict[str, ComputingElement] = {}
        self._indexes: dict[str, Index] = {}
        self._turn = 0
        self._waits_since: dict[str, float] = {}
        self.traits = Traits(
            shared_files=False,
            array_size=int(given["array_size"]),
            poll_s=float(given["poll_s"]),
            quick_poll_s=float(given["quick_poll_s"]),
        )

    async def connect(self) -> None:
        """Look whether our credentials are good, and one of the computing elements at least lets us in."""
        if not self._endpoints:
            raise UsageError(
                "No computing element is named",
                why="the executor arc needs an endpoint",
                next_step="--arc-endpoints https://ce.example.org:443/arex, or RECAST_ARC_ENDPOINTS",
            )
        problems = []
        for endpoint in self._endpoints:
            try:
                await self._element(endpoint).connect()
            except ExecutorError as problem:
                problems.append(problem)
        if len(problems) == len(self._endpoints):
            raise problems[0]

    # in ---------------------------------------------------------------------------------------------------------

    async def submit(self, array: Array) -> str:
        """Create the jobs at the next computing element that takes them, and send them their files."""
        wanted = wishes(array, self._queue, self._runtime_environments, self.traits.margin_s)
        endpoint, jobs = await self._created(wanted)
        files = tuple(tuple(map(str, names)) for names in array.files)
        index = self._indexes[array.name] = Index(endpoint, tuple(jobs), files)
        await asyncio.to_thread(note, array.folder, index)
        await send(self._element(endpoint), array.folder, index, self._transfers)
        return self._array_id(array.name, index)

    async def _created(self, wanted: Sequence[Wish]) -> tuple[str, list[str]]:
        self._turn += 1
        shift = self._turn % len(self._endpoints)
        last: ExecutorError | None = None
        for endpoint in (*self._endpoints[shift:], *self._endpoints[:shift]):
            element = self._element(endpoint)
            try:
                await element.connect()
            except ExecutorError as problem:
                last = last or problem
                continue
            try:
                delegation = await self._delegated(endpoint)
                return endpoint, await create(element, [replace(wish, delegation=delegation) for wish in wanted])
            except Refused as problem:
                last = problem
        assert last is not None
        raise last if isinstance(last, Refused) else Refused(last.what, where=last.where, why=last.why)

    async def _delegated(self, endpoint: str) -> str:
        """Return the id of a proxy of our proxy at an endpoint, made anew when ours is new; empty if none is wanted."""
        if not self._delegate or self._credentials.is_token:
            return ""
        key = (endpoint, self._credentials.stamp())
        if key not in self._delegations:
            sign = partial(signed, proxy=self._credentials.file)
            self._delegations[key] = await self._element(endpoint).delegate(sign)
        return self._delegations[key]

    async def find(self, folders: Mapping[str, Path]) -> dict[str, str]:
        """Return the arrays that were submitted, after sending what an earlier driver did not get to send."""
        found = {}
        unnoted = set()
        for name, folder in folders.items():
            index = await asyncio.to_thread(read, folder)
            if index is None:
                unnoted.add(name)
                continue
            self._indexes[name] = index
            if not index.sent:
                await send_rest(self._element(index.endpoint), folder, index, self._transfers)
            found[name] = self._array_id(name, index)
        if unnoted:
            known = {job for index in self._indexes.values() for job in index.jobs}
            for endpoint in self._endpoints:
                await discard_unsent(self._element(endpoint), unnoted, known, self._transfers)
        return found

    def native_id(self, array: str, index: int) -> str:
        """Return the URL of a job."""
        known = self._indexes[array.rpartition("=")[2]]
        return f"{known.endpoint}{_JOBS}/{known.jobs[index]}"

    # meanwhile --------------------------------------------------------------------------------------------------

    async def survey(self, arrays: Sequence[Watched]) -> list[Sighting]:
        """Return the state of each job that is not over, in two calls for each computing element.

        One that cannot be asked says nothing about its jobs; if none can, that is raised.
        """
        at: defaultdict[str, list[Watched]] = defaultdict(list)
        for array in arrays:
            index = self._indexes.get(array.name) or await asyncio.to_thread(read, array.folder)
            if index is not None:
                self._indexes[array.name] = index
                at[index.endpoint].append(array)
        sightings: list[Sighting] = []
        problems = []
        for endpoint, here in at.items():
            try:
                sightings += await self._survey(endpoint, here)
            except ExecutorError as problem:
                problems.append(problem)
        if problems and len(problems) == len(at):
            raise problems[0]
        return sightings

    async def _survey(self, endpoint: str, arrays: Sequence[Watched]) -> list[Sighting]:
        element = self._element(endpoint)
        places = {
            job: (array.name, number)
            for array in arrays
            for number, job in enumerate(self._indexes[array.name].jobs)
            if number not in array.over
        }
        now = await element.states()
        unsure = [job for job in places if now.get(job, "RUNNING") == "RUNNING"]
        later = await element.act("status", unsure) if unsure else {}
        await self._send_missing(element, [job for job in places if now.get(job) in UNSENT], places)
        sightings = []
        for job, (array_name, number) in places.items():
            state = now.get(job, "")
            told = later[job].state if job in later else ""
            if not state or told in IN_BATCH:
                state = told or "RUNNING"
            sightings.append(Sighting(array_name, number, engine_state(state), self._url(endpoint, job), _words(state)))
        return sightings

    async def _send_missing(
        self, element: ComputingElement, waiting: Sequence[str], places: Mapping[str, tuple[str, int]]
    ) -> None:
        """Send what jobs still lack that wait for too long: A-REX may have lost what a driver sent as it was killed."""
        now = asyncio.get_running_loop().time()
        self._waits_since = {job: self._waits_since.get(job, now) for job in waiting} | {
            job: since for job, since in self._waits_since.items() if job not in places
        }
        late = [job for job in waiting if now - self._waits_since[job] >= _SEND_AGAIN_S]
        for job in late[:_MOST_LOOKED_AT]:
            array, number = places[job]
            self._waits_since[job] = now
            with suppress(ExecutorError):  # what is wrong with one job must not keep us from seeing the others
                if not await send_missing(element, job, self._indexes[array].files[number]):
                    self._waits_since[job] = math.inf  # it waits for something else

    async def peek(self, native_id: str, offset: int) -> bytes | None:
        """Return what a job has written to its log; None where the node does not share its folder with the front."""
        endpoint, job = _split(native_id)
        return await self._element(endpoint).peek(job, "attempt/log", offset)

    # out --------------------------------------------------------------------------------------------------------

    async def autopsy(self, native_ids: Sequence[str]) -> dict[str, Sighting]:
        """Return what A-REX has written down about jobs, and the last words of their workers."""
        return dict(
            zip(native_ids, await gather((self._dissect(each) for each in native_ids), self._transfers), strict=True)
        )

    async def _dissect(self, native_id: str) -> Sighting:
        endpoint, job = _split(native_id)
        element = self._element(endpoint)
        failed, errors, diag = [await element.diagnose(job, item) for item in ("failed", "errors", "diag")]
        known = facts(diag)
        said = await element.peek(job, LOG, 0)
        why = why_ended(failed, errors, known)
        if said and (last := said.decode(errors="replace").strip().rpartition("\n")[2]):
            why = f"{why}; its worker said: {last[:_MOST_LAST_WORDS]}" if why else last[:_MOST_LAST_WORDS]
        host = known.get("nodename", "")
        return Sighting("", 0, EngineState.ENDED, native_id, why, failure_of_words(failed), host)

    async def collect(self, native_ids: Mapping[str, Path]) -> dict[str, str]:
        """Bring each job's `out` folder home. Raises if a computing element cannot be asked; the rest is home then."""
        work = [self._collect(native_id, folder) for native_id, folder in native_ids.items()]
        problems = zip(native_ids, await gather(work, self._transfers), strict=True)
        return {native_id: problem for native_id, problem in problems if problem}

    async def _collect(self, native_id: str, folder: Path) -> str:
        endpoint, job = _split(native_id)
        return await bring_home(self._element(endpoint), job, folder, self._most_output_bytes)

    async def forget(self, native_ids: Sequence[str]) -> None:
        """Let the computing elements drop jobs."""
        for endpoint, jobs in self._by_endpoint(native_ids).items():
            await self._element(endpoint).act("clean", jobs)

    async def cancel(self, native_ids: Sequence[str]) -> None:
        """Kill jobs or whole arrays, and let the computing element drop them when they are dead."""
        for endpoint, jobs in self._by_endpoint(native_ids).items():
            element = self._element(endpoint)
            await element.act("kill", jobs)
            await element.act("clean", jobs)

    async def close(self) -> None:
        """Shut the connections."""
        for element in self._elements.values():
            await element.close()

    # names ------------------------------------------------------------------------------------------------------

    def _element(self, endpoint: str) -> ComputingElement:
        if endpoint not in self._elements:
            session = Session(endpoint, self._credentials, self._timeout_s, self._transfers + 2, PEER)
            self._elements[endpoint] = ComputingElement(session, self._timeout_s)
        return self._elements[endpoint]

    def _array_id(self, name: str, index: Index) -> str:
        return f"{index.endpoint}{_JOBS}?array={name}"

    def _url(self, endpoint: str, job: str) -> str:
        return f"{endpoint}{_JOBS}/{job}"

    def _by_endpoint(self, native_ids: Sequence[str]) -> dict[str, list[str]]:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for native_id in native_ids:
            endpoint, job = _split(native_id)
            name = native_id.rpartition("?array=")[2] if not job else ""
            jobs = self._indexes[name].jobs if name in self._indexes else (job,)
            found[endpoint] += [each for each in jobs if each]
        return found


def _split(native_id: str) -> tuple[str, str]:
    """Return endpoint and id of a job; the id is empty for an array."""
    endpoint, _, rest = native_id.partition(_JOBS)
    return endpoint, rest.removeprefix("/") if rest.startswith("/") else ""


def _words(state: str) -> str:
    if state == "KILLED":
        return "it was killed at the computing element"
    if state == "HELD":
        return "the batch system behind the computing element holds it"
    return "" if engine_state(state) is not EngineState.GONE else "the computing element does not know it any more"
