"""A job in the folder of a pilot: its task, its way to the store, and what it leaves there under its name."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Sequence
from typing import Optional

from recast.worker.failure import Failure
from recast.worker.json_types import JsonDict, JsonObject
from recast.worker.remote.data import send_outputs
from recast.worker.remote.names import LOG, OUTCOME, named_place
from recast.worker.remote.store import FarStore, store_at
from recast.worker.slot import last_word

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
        self._far = far

    def has_ended_before(self) -> bool:
        """Return whether an outcome of this job is at the store: then it must not run again. Raises Failure."""
        target = self.folder + "/earlier"
        return self._store().fetch_named(named_place(self.job_id, OUTCOME), target, _MOST_OUTCOME_BYTES)

    def send(self, outputs: Sequence[JsonDict]) -> list[str]:
        """Bring all outputs to the store and return their digests; raises Failure if one cannot go there."""
        sent = send_outputs(self.task, outputs)
        for item in outputs:
            if item["digest"] not in sent:
                raise Failure("user", f"the output {item['path']!r} of {item['size']} bytes is too large for the store")
        return sent

    def leave(self, outcome: JsonObject) -> int:
        """Put log and outcome to the store, the outcome last; return 0 if it is there."""
        attempt = self.task["attempt_dir"]
        os.makedirs(attempt, mode=0o700, exist_ok=True)
        path = f"{attempt}/{OUTCOME}"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(outcome, file)
        try:
            store = self._store()
            try:
                self._put(store, f"{attempt}/{LOG}", LOG)
            except Failure as failure:  # the outcome counts for more than the log
                last_word(f"the log of {self.job_id} cannot be kept: {failure.message}")
            self._put(store, path, OUTCOME)
        except Failure as failure:
            last_word(f"the outcome of {self.job_id} cannot be kept: {failure.message}")
            return 1
        end = "succeeded" if outcome["failure"] is None else f"failed ({outcome['failure']}): {outcome['message']}"
        last_word(f"{self.job_id} on {outcome['host']} {end}")
        return 0

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

    def _put(self, store: FarStore, path: str, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            store.put(path, named_place(self.job_id, name), os.stat(path).st_size, again=True)

    def _store(self) -> FarStore:
        return store_at(self._far["url"], self._far["token"], self._far.get("passes"))


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
