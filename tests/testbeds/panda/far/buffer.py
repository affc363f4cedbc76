"""The task buffer of the test-bed: what panda-server keeps in a database, in memory. OURS: it proves nothing of PanDA.

It has the methods that the request entry calls, with the answers that the statements of panda-server 1.0.4 would give
(`db_proxy_mods/task_event_module.py`). Whatever else is called raises AttributeError: error 500 of the entry.
"""

from __future__ import annotations

import datetime
import json
import threading
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Buffer", "Task"]

ENDED = ("finished", "failed", "aborted", "done", "exhausted")
"""States in which a second submission of the name starts a task again; `broken` is none of them."""
_JOB_OPEN = ("pending", "defined", "assigned", "waiting", "activated", "sent", "starting", "running", "holding")
_SHOWN = ("processingType", "transUses", "transHome", "architecture", "site", "cloud", "taskName")


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0)


@dataclass
class Task:
    """A task: `status` is None until JEDI knows it. `starts` counts how often its jobs were made."""

    task_id: int
    parameters: dict[str, Any]
    status: str | None = None
    created: datetime.datetime = field(default_factory=_now)
    modified: datetime.datetime = field(default_factory=_now)
    starts: int = 1
    jobs: list[int] = field(default_factory=list)
    unwanted: bool = False
    why: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What may be there once."""
        return tuple(str(self.parameters[name]) for name in ("vo", "prodSourceLabel", "userName", "taskName"))


class Buffer:
    """Tasks and jobs; all methods may be called from several threads."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.tasks: dict[int, Task] = {}
        self.jobs: dict[int, Any] = {}
        self.sandboxes: dict[str, str] = {}
        self.refuse = ""

    # what the request entry calls --------------------------------------------------------------------------------

    def init(self, *_: Any, **__: Any) -> None:
        """There is no database to connect to."""

    def get_ban_users(self) -> tuple[bool, dict[str, bool]]:
        """Nobody is banned."""
        return True, {}

    def get_special_dispatch_params(self) -> tuple[bool, dict[str, Any]]:
        """No pilot is anything special."""
        return True, {}

    def insertSandboxFileInfo(self, user: str, host: str, name: str, size: int, checksum: str) -> str:
        """Note a sandbox."""
        with self.lock:
            self.sandboxes[name] = user
        return "OK"

    def insertTaskParamsPanda(
        self, parameters: dict[str, Any], dn: str, production: bool, fqans: list[str], **_: Any
    ) -> tuple[int, str]:
        """Take a task, unless a live one has the name; an ended one of the name is started again."""
        with self.lock:
            if self.refuse:
                return 4, self.refuse
            given = {**parameters, "userName": _compact(dn), "taskType": "anal", "taskPriority": 1000}
            task = Task(max(self.tasks, default=0) + 1, given)
            there = self._named(task) if given.get("uniqueTaskName") is True else None
            if there is None:
                self.tasks[task.task_id] = task
                return 0, f"succeeded. new jediTaskID={task.task_id}"
            return self._taken(there)

    def _taken(self, there: Task) -> tuple[int, str]:
        name, number = there.parameters["taskName"], there.task_id
        if there.status is None:
            return 1, f"jediTaskID={number} is already queued for outDS={name}. You cannot submit duplicated tasks. "
        if there.status not in ENDED:
            return 2, f"jediTaskID={number} is in the {there.status} state for outDS={name}. You can re-submit the task"
        was, there.status, there.starts = there.status, "ready", there.starts + 1
        return 3, f"reactivation accepted. jediTaskID={number} (currently in {was} state) will be re-executed"

    def _named(self, task: Task) -> Task | None:
        return next((there for there in reversed(self.tasks.values()) if there.key == task.key), None)

    def getJediTasksInTimeRange(
        self, dn: str, since: str, full: bool = False, least: int | None = None, label: str = "user"
    ) -> dict[int, dict[str, Any]]:
        """Return the caller's tasks that JEDI knows and that changed since a time, by the id of their request."""
        try:
            from_time = datetime.datetime.strptime(since + "+0000", "%Y-%m-%d %H:%M:%S%z").replace(tzinfo=None)
        except ValueError:
            return {}
        with self.lock:
            return {
                task.task_id: _shown(task)
                for task in self.tasks.values()
                if task.status is not None and task.modified >= from_time and task.task_id > (least or 0)
                if (task.parameters["userName"], task.parameters["prodSourceLabel"]) == (_compact(dn), label)
            }

    def getTaskStatus(self, task_id: int) -> list[str]:
        """Return the state of a task in a list, which is empty for none."""
        task = self.tasks.get(int(task_id))
        return [task.status] if task is not None and task.status is not None else []

    def getTaskParamsMap(self, task_id: int) -> str | None:
        """Return what a task was submitted with."""
        task = self.tasks.get(int(task_id))
        return json.dumps(task.parameters) if task is not None else None

    def getPandaIDsWithTaskID(self, task_id: int, unsuccessful_only: bool = False) -> list[int]:
        """Return the jobs of a task."""
        with self.lock:
            task = self.tasks.get(task_id)
            found = list(task.jobs) if task is not None else []
            bad = ("failed", "cancelled", "closed")
            return [each for each in found if not unsuccessful_only or self.jobs[each].jobStatus in bad]

    def peekJobs(self, job_ids: list[int], **_: Any) -> list[Any]:
        """Return jobs, None for those that are not there."""
        with self.lock:
            return [self.jobs.get(each) for each in job_ids]

    getFullJobStatus = peekJobs

    def validate_ownership_or_production_role(self, task_id: int, dn: str, production: bool) -> bool:
        """Return whether somebody may command a task: its owner, and who acts for production."""
        task = self.tasks.get(task_id)
        return production or (task is not None and task.parameters["userName"] == _compact(dn))

    def sendCommandTaskPanda(self, task_id: int, dn: str, production: bool, command: str, **_: Any) -> tuple[int, str]:
        """Kill a task; other commands are refused."""
        with self.lock:
            task = self.tasks.get(task_id)
            if task is None or task.status is None:
                return 2, f"jediTaskID={task_id} not found"
            if command != "kill" or task.status in ENDED:
                return (
                    4,
                    f"Command rejected: the {command} command is not accepted if the task is in {task.status} status ",
                )
            task.unwanted = True
            self.killJobs(task.jobs, dn)
            self.set_task(task_id, "aborting" if any(self.is_open(each) for each in task.jobs) else "aborted")
            return 0, f"command={command} is registered. will be executed in a few minutes"

    def killJobs(self, job_ids: list[int], user: str, *_: Any) -> list[bool]:
        """End jobs: at once unless a pilot has them, which is told."""
        with self.lock:
            for each in [each for each in job_ids if self.is_open(each)]:
                job = self.jobs[each]
                job.commandToPilot = "tobekilled"
                if job.jobStatus not in ("sent", "starting", "running", "holding"):
                    job.jobStatus, job.taskBufferErrorCode, job.taskBufferErrorDiag = (
                        "cancelled",
                        100,
                        f"killed by {user}",
                    )
            return [each in self.jobs for each in job_ids]

    # what the rest of the test-bed calls -------------------------------------------------------------------------

    def is_open(self, job_id: int) -> bool:
        """Return whether a job has not ended."""
        return self.jobs[job_id].jobStatus in _JOB_OPEN

    def set_task(self, task_id: int, status: str, why: str = "") -> None:
        """Give a task a state."""
        with self.lock:
            task = self.tasks[task_id]
            task.status, task.why, task.modified = status, why, _now()

    def touch(self, task_id: int) -> None:
        """Note that something of a task has changed."""
        self.tasks[task_id].modified = _now()


def _shown(task: Task) -> dict[str, Any]:
    shown = {name: task.parameters.get(name) for name in _SHOWN}
    times = {"modificationTime": task.modified, "creationDate": task.created}
    return shown | times | {"jediTaskID": task.task_id, "reqID": task.task_id, "status": task.status}


def _compact(dn: str) -> str:
    from pandaserver.srvcore.CoreUtils import clean_user_id

    return clean_user_id(dn) or dn
