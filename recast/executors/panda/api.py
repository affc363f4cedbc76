"""One PanDA server: what its `/api/v1` lets us do with tasks, jobs and sandboxes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from recast.errors import ExecutorError
from recast.executors.grid.session import Peer, Session
from recast.executors.panda import answers
from recast.executors.panda.answers import Answer, Job, Submission, Task

__all__ = ["PandaServer", "peer"]

_IDS_PER_CALL = 5000
_JSON = {"Content-Type": "application/json"}
_UPLOAD_S = 300.0
_THERE = "cannot overwrite file"
T = TypeVar("T")


def peer(vo: str) -> Peer:
    """Return what is particular to a PanDA server: it is told for which virtual organisation (and role) we act."""
    return Peer(
        name="PanDA server",
        owner="panda",
        setting="--panda-server",
        prefix="/api/v1",
        why_cut="It does that while it starts again.",
        headers={"Origin": vo} if vo else {},
        # `ERROR : method ... is forbidden`: it does not have it, or has another version of the interface.
        unknown="is forbidden",
    )


class PandaServer:
    """Tasks, jobs and sandboxes of one server; raises what `Session` raises."""

    def __init__(self, session: Session, label: str) -> None:
        self._session = session
        self._label = label

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return self._session.endpoint

    async def submit(self, parameters: Any) -> Submission:
        """Submit a task; if this raises anything but CredentialsProblem, it is not known whether it was taken."""
        said = await self._post("task/submit", {"task_parameters": parameters, "parent_tid": None}, again=False)
        return self._read(answers.submission, said)

    async def tasks_since(self, since: str) -> list[Task]:
        """Return our tasks that changed after a time (UTC, `YYYY-MM-DD HH:MM:SS`), at most 30 days back."""
        said = await self._get("task/get_tasks_modified_since", since=since, prod_source_label=self._label)
        return self._read(answers.tasks, self._data(said))

    async def jobs_of(self, task: int) -> list[Job]:
        """Return all jobs of a task."""
        return self._read(answers.jobs, self._data(await self._get("task/get_job_descriptions", task_id=task)))

    async def jobs(self, ids: Sequence[int]) -> list[Job]:
        """Return jobs by their ids; those that the server does not know are left out."""
        found: list[Job] = []
        for start in range(0, len(ids), _IDS_PER_CALL):
            said = await self._post("job/get_description", {"job_ids": list(ids[start : start + _IDS_PER_CALL])})
            found += self._read(answers.jobs, self._data(said))
        return found

    async def kill_task(self, task: int) -> None:
        """End a task and all its jobs. One that has ended already is none of our business any more."""
        await self._post("task/kill", {"task_id": task})

    async def kill_jobs(self, ids: Sequence[int]) -> None:
        """End jobs."""
        for start in range(0, len(ids), _IDS_PER_CALL):
            await self._post("job/kill", {"job_ids": list(ids[start : start + _IDS_PER_CALL])})

    async def upload(self, name: str, content: bytes) -> None:
        """Put a sandbox into the server's cache; one of that name, which says what is in it, may be there already."""
        boundary = os.urandom(16).hex()
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        _, answer = await self._session.ask(
            "POST", "/file_server/upload_cache_file", body, headers, timeout_s=_UPLOAD_S
        )
        said = self._read(answers.answer, answer)
        if not said.success and _THERE not in said.message:
            raise ExecutorError(
                "The PanDA server does not take a sandbox",
                where=self.endpoint,
                why=said.message,
                next_step="a smaller --panda-array-size makes smaller sandboxes",
            )

    async def close(self) -> None:
        """Shut the connections."""
        await self._session.close()

    async def _get(self, path: str, **query: str | int) -> Answer:
        _, body = await self._session.ask("GET", f"/{path}?{urlencode(query)}", headers=_JSON)
        return self._read(answers.answer, body)

    async def _post(self, path: str, content: Any, *, again: bool = True) -> Answer:
        _, body = await self._session.ask("POST", f"/{path}", json.dumps(content).encode(), _JSON, again=again)
        return self._read(answers.answer, body)

    def _data(self, said: Answer) -> Any:
        if said.success:
            return said.data
        raise ExecutorError("The PanDA server does not answer a question", where=self.endpoint, why=said.message)

    def _read(self, parse: Callable[[Any], T], what: Any) -> T:
        try:
            return parse(what)
        except (ValueError, RecursionError) as problem:
            raise self._session.nonsense(str(problem)) from problem
