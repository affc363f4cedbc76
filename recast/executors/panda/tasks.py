"""The tasks of a run at a PanDA server: found by their names, and each submitted once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from recast.errors import ExecutorError
from recast.executors.batch.system import Refused
from recast.executors.panda.answers import Task
from recast.executors.panda.api import PandaServer
from recast.executors.panda.book import Book
from recast.executors.panda.choices import Choices
from recast.executors.panda.notes import noted, written
from recast.executors.panda.parameters import task_name
from recast.jobs import FailureClass
from recast.json_types import JsonObject

__all__ = ["Tasks"]

_TOO_MANY, _SERVER_ERROR = 10, 4


class Tasks:
    """Tasks of one user at one server; what is found out of them stands in `book`."""

    def __init__(self, server: PandaServer, book: Book, choices: Choices) -> None:
        self._server = server
        self._book = book
        self._choices = choices

    async def submit(self, array: str, parameters: JsonObject) -> str:
        """Submit a task and return its native id; raise Refused if it was not taken. Doing it twice is harmless."""
        said = await self._server.submit(parameters)
        if said.is_again:
            # It cannot be: the name was looked up. Whatever it starts would be a second try that nobody decided on.
            await self._server.kill_task(said.task)
        if said.is_there:
            self._book.look_back()
        if said.is_new or said.is_there or said.is_again:
            self._book.open(said.task, array, asyncio.get_running_loop().time(), len(parameters.get("pfnList", "1")))
            return str(said.task)
        if said.code == _SERVER_ERROR:
            raise ExecutorError("The PanDA server failed over a task", where=self._server.endpoint, why=said.message)
        raise Refused(
            "The PanDA server does not take a task",
            failure=FailureClass.SUBMISSION if said.code == _TOO_MANY else FailureClass.SPEC,
            where=self._server.endpoint,
            why=said.message or f"code {said.code}",
            next_step="recast executors show panda; recast resume RUN --panda-... takes other settings",
        )

    async def find(self, folders: Mapping[str, Path]) -> dict[str, str]:
        """Return the arrays that PanDA knows, ended or not: by the names of our tasks, at most 29 days back.

        A task has changed since its array was written, whose name nobody had before. For some minutes after a
        submission a task is in no list. So one that was submitted, or was about to be, and is in none is submitted
        once more: the server then says that it is there.
        """
        names = {task_name(name, self._choices): name for name in folders}
        since = await asyncio.to_thread(written, list(folders.values()))
        tasks = await self._server.tasks_since(since)
        self._check_whole(tasks, since)
        found = {}
        for task in sorted(tasks, key=lambda each: each.task):
            name = names.get(task.name) or names.get(f"{task.name}/")
            if name is not None:
                found[name] = str(task.task)
                self._book.open(task.task, name, asyncio.get_running_loop().time())
        self._book.take_tasks(tasks, [int(task) for task in found.values()])
        for name in folders.keys() - found.keys():
            parameters = await asyncio.to_thread(noted, folders[name], task_name(name, self._choices))
            if parameters is not None:
                with suppress(Refused):  # then it is certainly not there
                    found[name] = await self.submit(name, parameters)
        return found

    def _check_whole(self, tasks: Sequence[Task], since: str) -> None:
        """Raise ExecutorError for a list that lacks a task which we saw in a list before.

        A server answers with an empty list when its database fails; nothing may follow from that.
        """
        seen = {page.task for page in self._book.pages.values() if page.stamp >= since}
        missing = seen - {task.task for task in tasks}
        if missing:
            raise ExecutorError(
                "The PanDA server answers with half a list",
                where=self._server.endpoint,
                why=f"task {min(missing)} was in it before",
                next_step="it does that when its database fails; RECAST asks again",
            )
