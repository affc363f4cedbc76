"""A job in the folder of a pilot: its task, the secrets that the pilot has for it, and what has to go in the end."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from typing import Optional

from recast.worker.failure import Failure
from recast.worker.json_types import JsonDict
from recast.worker.remote.leave import store_of
from recast.worker.remote.names import OUTCOME, named_place

__all__ = ["Job", "host_name"]

_TASK_VERSION = 1
_MOST_OUTCOME_BYTES = 64 << 20
_SECRETS = "panda_secrets.json"


class Job:
    """Job `index` of the sandbox that was unpacked below `here`/recast; raises SystemExit for a task of no use."""

    def __init__(self, here: str, index: str) -> None:
        self.here = here
        self.folder = here + "/recast"
        self.task = _task(f"{self.folder}/tasks/{index}.json")
        self.task.update(attempt_dir=self.folder + "/attempt", store=self.folder + "/store")
        self.job_id: str = self.task["job"]["job_id"]
        far: JsonDict = self.task["far"]
        far["token"] = _token(f"{here}/{_SECRETS}", far.get("token_secret") or "")

    def has_ended_before(self) -> bool:
        """Return whether an outcome of this job is at the store: then it must not run again. Raises Failure."""
        target = self.folder + "/earlier"
        return store_of(self.task).fetch_named(named_place(self.job_id, OUTCOME), target, _MOST_OUTCOME_BYTES)

    def clear(self, *, whole: bool) -> None:
        """Remove what holds signed URLs, before the pilot packs the folder into its log; with `whole`, all of ours."""
        for name in os.listdir(self.here):
            if name.startswith("jobO.") and name.endswith(".tar.gz"):
                with contextlib.suppress(OSError):
                    os.unlink(f"{self.here}/{name}")
        shutil.rmtree(self.folder + ("" if whole else "/tasks"), ignore_errors=True)

    def lay_out_secrets(self, folder: str) -> None:
        """Write each secret that the job wants, of PanDA's user secrets, into a file of its own. Raises Failure."""
        wanted = [text.partition("=")[0] for text in (self.task["job"].get("wishes") or {}).get("secrets") or ()]
        for name in wanted:
            value = _secret(f"{self.here}/{_SECRETS}", name)
            if value is None:
                raise Failure("authentication", f"the user's secrets at PanDA hold no {name}")
            os.makedirs(folder, mode=0o700, exist_ok=True)
            fd = os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(fd, "w", encoding="utf-8") as file:
                file.write(value)


def host_name() -> str:
    """Return this node's name with that of its site, which is what PanDA can be told to avoid."""
    site = os.environ.get("PANDA_RESOURCE") or os.environ.get("PILOT_SITENAME") or ""
    return f"{os.uname().nodename}@{site}" if site else os.uname().nodename


def _task(path: str) -> JsonDict:
    try:
        with open(path, encoding="utf-8") as file:
            task: JsonDict = json.load(file)
    except (OSError, ValueError) as problem:
        raise SystemExit(f"recast worker: the task cannot be read: {problem}") from None
    if task["version"] != _TASK_VERSION:
        raise SystemExit(f"recast worker: task schema version {task['version']}, this is {_TASK_VERSION}")
    if not (task.get("far") or {}).get("by_name"):
        raise SystemExit("recast worker: the task names no store for its outcome (store_url)")
    return task


def _token(path: str, name: str) -> str:
    """Return a file with the store's token, which PanDA's user secrets have under `name`; empty if there is none.

    The file is in memory only: the pilot packs the folder of the job into a log that others read.
    """
    token = _secret(path, name) if name else None
    if token is None:
        return ""
    fd = os.memfd_create("recast-store-token")
    os.write(fd, token.encode())
    return f"/proc/self/fd/{fd}"


def _secret(path: str, name: str) -> Optional[str]:
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return None
    value = found.get(name) if isinstance(found, dict) else None
    return value if isinstance(value, str) and value else None
