"""PanDA as a batch engine: one task for each array, by the `/api/v1` of a PanDA server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from recast.errors import UsageError
from recast.executors.batch.system import Array, Sighting, Traits, Watched
from recast.executors.grid.credentials import find_credentials
from recast.executors.grid.session import Session
from recast.executors.panda import preview as shown
from recast.executors.panda.api import PandaServer, peer
from recast.executors.panda.book import Book, Limits, Page, in_words, is_open
from recast.executors.panda.choices import Choices
from recast.executors.panda.demands import check_demands, image_of
from recast.executors.panda.notes import note
from recast.executors.panda.parameters import task_parameters
from recast.executors.panda.sandbox import pack_sandbox
from recast.executors.panda.settings import SETTINGS
from recast.executors.panda.tasks import Tasks
from recast.executors.settings import Setting
from recast.jobs import Wishes
from recast.json_types import JsonObject

__all__ = ["PandaSystem"]

_CONNECTIONS = 4


class PandaSystem:
    """Tasks at a PanDA server. The native id of an array is its task's, that of a job `TASK.index`.

    Outcomes, logs and outputs are found by name at the store (`Traits.outcomes_by_name`): PanDA's word is a hint.
    """

    settings: ClassVar[tuple[Setting, ...]] = SETTINGS
    name = "panda"
    grants = frozenset(field.name for field in fields(Wishes))
    own_secrets = True
    """They are the user's at PanDA (`creds/set_user_secrets`): no file here is looked for, and none is sent."""
    preview = staticmethod(shown.preview)

    def __init__(self, values: JsonObject) -> None:
        """Take the settings of `SETTINGS` by name; those not given have their defaults."""
        given = {setting.name: setting.default for setting in SETTINGS} | dict(values)
        self._given = given
        self._book = Book(Limits(float(given["holding_s"]), float(given["waiting_s"])), is_own=given["mode"] == "own")
        self._credentials = find_credentials(
            given["proxy"],
            given["token_file"],
            given["ca_dir"],
            whom="the PanDA server",
            owner="panda",
            default_ca_dir=None,
        )
        self._opened: PandaServer | None = None
        self.traits = Traits(
            shared_files=False,
            array_size=int(given["array_size"]),
            poll_s=float(given["poll_s"]),
            quick_poll_s=float(given["quick_poll_s"]),
            outcomes_by_name=True,
            outcome_grace_s=float(given["outcome_grace_s"]),
        )

    @property
    def _choices(self) -> Choices:
        return Choices.of(self._given)

    @property
    def _tasks(self) -> Tasks:
        return Tasks(self._server, self._book, self._choices)

    @property
    def _server(self) -> PandaServer:
        """Return the server, spoken to with what is chosen; raise UsageError for what is not."""
        if self._opened is None:
            url, timeout_s = str(self._given["server"] or ""), float(self._given["timeout_s"])
            _ = self._choices
            session = Session(url, self._credentials, timeout_s, _CONNECTIONS, peer(str(self._given["vo"] or "")))
            self._opened = PandaServer(session, self._choices.prod_source_label)
        return self._opened

    async def connect(self) -> None:
        """Look whether the settings make sense, our credentials are good and the server lets us in."""
        if not self._given["store_url"]:
            raise UsageError(
                "PanDA needs a store that nodes and this machine can reach",
                where="executor panda",
                why="Inputs, outputs and outcomes travel by it: PanDA's own cache takes 10 MiB.",
                next_step="--panda-store-url URL (https, root or s3), or RECAST_PANDA_STORE_URL",
            )
        await self._server.tasks_since(in_words(datetime.now(UTC)))

    # in ---------------------------------------------------------------------------------------------------------

    async def submit(self, array: Array) -> str:
        """Submit an array as a task; one that has its name already is that task, and is never started again.

        The name is looked up first: PanDA would execute an ended task of the name once more.
        """
        choices = self._choices
        check_demands(array, choices)
        image = await asyncio.to_thread(image_of, array.folder) if choices.mode == "pilot" else ""
        there = await self.find({array.name: array.folder})
        if array.name in there:
            return there[array.name]
        sandbox, content = await asyncio.to_thread(pack_sandbox, array.folder, len(array.jobs), self._secrets())
        await self._server.upload(sandbox.name, content)
        parameters = task_parameters(array.name, array.jobs, image, sandbox, choices, self.traits.margin_s)
        parameters["excludedSite"] = _avoided(parameters["excludedSite"], array.avoid_hosts, parameters["site"])
        await asyncio.to_thread(note, array.folder, parameters)
        return await self._tasks.submit(array.name, parameters)

    def _secrets(self) -> list[str]:
        """Return what must not stand in a sandbox: the tokens that we know of, but not files that have several."""
        found = []
        for name in ("token_file", "store_token_file"):
            path = self._given.get(name)
            try:
                found.append(Path(path).expanduser().read_text(encoding="ascii").strip() if path else "")
            except (OSError, ValueError):
                continue
        return found

    async def find(self, folders: Mapping[str, Path]) -> dict[str, str]:
        """Return the arrays that PanDA knows, ended or not; one that may never have arrived there is submitted."""
        return await self._tasks.find(folders)

    def native_id(self, array: str, index: int) -> str:
        """Return `TASK.index`."""
        return f"{array}.{index}"

    # meanwhile --------------------------------------------------------------------------------------------------

    async def survey(self, arrays: Sequence[Watched]) -> list[Sighting]:
        """Return what there is to see: one question for tasks, one for jobs, one for each task that changed."""
        now_s = asyncio.get_running_loop().time()
        watched = [(self._book.open(int(array.native_id), array.name, now_s, array.size), array) for array in arrays]
        tasks = await self._server.tasks_since(self._book.since(datetime.now(UTC)))
        self._book.take_tasks(tasks, [page.task for page, _ in watched])
        await self._ask_jobs(watched)
        for page, array in watched:
            if page.is_stale and page.status:
                self._book.take_jobs(page, await self._server.jobs_of(page.task), array.size)
                page.is_stale = False
        await self._end_late_ones([page for page, _ in watched])
        return [seen for page, array in watched for seen in self._book.sightings(page, array, now_s)]

    async def _ask_jobs(self, watched: Sequence[tuple[Page, Watched]]) -> None:
        pages = self._book.to_ask(watched)
        sizes = {page.task: array.size for page, array in watched}
        for job in await self._server.jobs(sorted(pages)) if pages else ():
            page = pages.get(job.job)
            if page is not None:
                self._book.take_jobs(page, [job], sizes[page.task])

    async def _end_late_ones(self, pages: Sequence[Page]) -> None:
        """End jobs that were cancelled before PanDA had made them."""
        ids = [job.job for page in pages for index, job in page.jobs.items() if index in page.unwanted and is_open(job)]
        if ids:
            await self._server.kill_jobs(sorted(ids))

    async def peek(self, native_id: str, offset: int) -> bytes | None:
        """Return None: PanDA shows nothing of a job that runs."""
        return None

    # out --------------------------------------------------------------------------------------------------------

    async def autopsy(self, native_ids: Sequence[str]) -> dict[str, Sighting]:
        """Return nothing: a survey tells all that PanDA's books say."""
        return {}

    async def collect(self, native_ids: Mapping[str, Path]) -> dict[str, str]:
        """Do nothing: outcomes are found by name at the store."""
        return {}

    async def forget(self, native_ids: Sequence[str]) -> None:
        """Do nothing: PanDA keeps its books."""

    async def cancel(self, native_ids: Sequence[str]) -> None:
        """End tasks, or single jobs of them; one that PanDA has not made yet is ended as soon as it is there."""
        parts = [native_id.partition(".") for native_id in native_ids]
        single = [(int(task), int(index)) for task, _, index in parts if index]
        whole = {int(task) for task, _, index in parts if not index}
        whole |= {task for task, index in single if self._book.unwant(task, index)}
        for task in sorted(whole):
            await self._server.kill_task(task)
        pages = {task: self._book.pages[task] for task, _ in single if task not in whole}
        await self._end_late_ones(list(pages.values()))

    async def close(self) -> None:
        """Shut the connections."""
        if self._opened is not None:
            await self._opened.close()


def _avoided(sites: Sequence[str], hosts: Sequence[str], site: str | None) -> list[str]:
    """Return the sites to avoid: those that were chosen, and those of nodes (`node@SITE`) where a step has failed.

    Where one site is asked for, there is no other to go to.
    """
    failed = [] if site else [host.rpartition("@")[2] for host in hosts if "@" in host]
    return sorted({*sites, *failed})
