"""A PanDA server of ours, and pilots that run jobs as subprocesses: for what RECAST does with its answers.

It proves nothing about PanDA: tests/testbeds/panda has the real entry and the real pilot. What it answers is taken from
pandaserver 1.0.4 (`task_api.py`, `job_api.py`, `file_server_api.py`, `insertTaskParamsPanda`).
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from recast.worker.panda import transformation

ENDED = ("finished", "failed", "aborted", "done", "exhausted")
FINAL = ("finished", "failed", "cancelled", "closed")


@dataclass
class FakeTask:
    task: int
    parameters: dict[str, Any]
    status: str = "running"
    changed: int = 0


@dataclass
class FakeJob:
    job: int
    task: int
    index: int
    status: str = "activated"
    more: dict[str, Any] = field(default_factory=dict)


@dataclass
class FakePanda:
    """`before` may answer a request itself (status, body, headers), or raise to cut the connection; `after` the same
    once the request was served. `runs` says whether pilots run the jobs; `end` changes what a pilot reports."""

    folder: Path
    runs: bool = False
    slots: int = 3
    python: str = sys.executable
    tokens: set[str] = field(default_factory=lambda: {"sesame"})
    tasks: dict[int, FakeTask] = field(default_factory=dict)
    jobs: dict[int, FakeJob] = field(default_factory=dict)
    cache: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    origins: set[str] = field(default_factory=set)
    before: Callable[[str], tuple[int, bytes, dict[str, str]] | None] = lambda path: None
    after: Callable[[str], tuple[int, bytes, dict[str, str]] | None] = lambda path: None
    end: Callable[[FakeJob, int], tuple[str, dict[str, Any]]] | None = None
    url: str = ""
    clock: int = 0
    lock: Any = field(default_factory=threading.RLock)
    running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    closed: bool = False
    threads: list[threading.Thread] = field(default_factory=list)

    def count(self, path: str) -> int:
        return sum(path in each for each in self.asked)

    # what the server does ---------------------------------------------------------------------------------------

    def touch(self, task: FakeTask, status: str) -> None:
        self.clock += 1
        task.status, task.changed = status, self.clock

    def insert(self, parameters: dict[str, Any]) -> tuple[int, str]:
        named = [t for t in self.tasks.values() if t.parameters["taskName"] == parameters["taskName"]]
        if named and parameters.get("uniqueTaskName") is True:
            old = named[-1]
            if old.status not in ENDED:
                return 2, f"jediTaskID={old.task} is in the {old.status} state for outDS={parameters['taskName']}. "
            self.touch(old, "running")
            return (
                3,
                f"reactivation accepted. jediTaskID={old.task} (currently in {old.status} state) will be re-executed",
            )
        task = FakeTask(len(self.tasks) + 1, parameters)
        self.tasks[task.task] = task
        self.touch(task, "running")
        for index in range(len(parameters.get("pfnList", "x"))):
            job = FakeJob(1000 * task.task + index + 1, task.task, index)
            self.jobs[job.job] = job
        self._start_some()
        return 0, f"succeeded. new jediTaskID={task.task}"

    def described(self, job: FakeJob) -> dict[str, Any]:
        return {
            "PandaID": job.job,
            "jediTaskID": job.task,
            "jobStatus": job.status,
            "jobParameters": self.words(job),
            "computingSite": "SITE_A",
            "modificationHost": "node1",
            "pilotErrorCode": 0,
            "Files": [],
            **job.more,
        }

    def words(self, job: FakeJob) -> str:
        parameters = self.tasks[job.task].parameters
        text = " ".join(item["value"] for item in parameters["jobParameters"])
        name = parameters.get("pfnList", [""])[job.index]
        return text.replace("${SURL}", parameters["sourceURL"]).replace("${IN}", name)

    def kill(self, jobs: list[FakeJob]) -> None:
        for job in jobs:
            if job.status in FINAL:
                continue
            job.status, job.more = "cancelled", {"taskBufferErrorCode": 100, "taskBufferErrorDiag": "killed by user"}
            process = self.running.pop(job.job, None)
            if process is not None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
        self._settle()

    def finish(self, job: FakeJob, status: str, **more: Any) -> None:
        if job.status not in FINAL:
            job.status, job.more = status, more
        self._settle()

    def _settle(self) -> None:
        for task in self.tasks.values():
            own = [job for job in self.jobs.values() if job.task == task.task]
            if own and task.status not in ENDED and all(job.status in FINAL for job in own):
                good = sum(job.status == "finished" for job in own)
                self.touch(task, "done" if good == len(own) else "finished" if good else "failed")
        self._start_some()

    # pilots -----------------------------------------------------------------------------------------------------

    def _start_some(self) -> None:
        if not self.runs or self.closed:
            return
        for job in sorted(self.jobs.values(), key=lambda each: each.job):
            if job.status == "activated" and len(self.running) < self.slots:
                self._start(job)

    def _start(self, job: FakeJob) -> None:
        folder = self.folder / str(job.job)
        folder.mkdir(parents=True)
        job.status = "running"
        script = Path(transformation.__file__)
        args = self.words(job)
        if "multiStepExec" in self.tasks[job.task].parameters:
            command = (
                f"{self.python} {script} --preprocess {args} || exit 81\n"
                f"/bin/sh recast_payload.sh 2>payload.stderr; code=$?\n"
                f"{self.python} {script} --postprocess {args} || exit 82\n"
                "exit $code\n"
            )
        else:
            command = f"exec {self.python} {script} {args}\n"
        with (folder / "pilot.log").open("wb") as log:
            process = subprocess.Popen(
                ["/bin/sh", "-c", command],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.running[job.job] = process
        thread = threading.Thread(target=self._watch, args=(job, process), daemon=True)
        self.threads.append(thread)
        thread.start()

    def _watch(self, job: FakeJob, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        with self.lock:
            self.running.pop(job.job, None)
            if self.end is not None:
                status, more = self.end(job, code)
            elif code == 0:
                status, more = "finished", {}
            else:
                pilot = {81: 1356, 82: 1357}.get(code, 1305)
                status, more = "failed", {"pilotErrorCode": pilot, "transExitCode": code}
            self.finish(job, status, **more)

    def close(self) -> None:
        with self.lock:
            self.closed = True
            processes = list(self.running.values())
        for process in processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for thread in self.threads:
            thread.join(20)


@contextmanager
def fake_panda(folder: Path, **options: Any) -> Iterator[FakePanda]:
    panda = FakePanda(folder, **options)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = urlsplit(self.path).path.removeprefix("/api/v1/")
            panda.asked.append(f"{self.command} {self.path}")
            try:
                said = panda.before(path)
                if said is None:
                    with panda.lock:
                        mine = self.served(path, body)
                    said = panda.after(path) or mine
            except ConnectionAbortedError:
                self.close_connection = True
                return
            self.reply(*said)

        do_GET = do_POST = any

        def served(self, path: str, body: bytes) -> tuple[int, bytes, dict[str, str]]:
            if path.startswith("/cache/"):
                content = panda.cache.get(path.removeprefix("/cache/"))
                return (404, b"", {}) if content is None else (200, content, {})
            panda.origins.add(self.headers.get("Origin") or "")
            if (self.headers.get("Authorization") or "").removeprefix("Bearer ") not in panda.tokens:
                return 403, b"ERROR : Token authentication failed. Invalid token. Signature has expired", {}
            if path == "file_server/upload_cache_file":
                return _json(self.uploaded(body))
            query = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
            return _json(_answer(panda, path, query, json.loads(body) if body else {}))

        def uploaded(self, body: bytes) -> dict[str, Any]:
            head, _, rest = body.partition(b"\r\n\r\n")
            found = re.search(rb'name="file"; filename="([^"/]+)"', head)
            assert found is not None
            name = found[1].decode()
            boundary = head.split(b"\r\n", 1)[0]
            if name in panda.cache:
                return {"success": False, "message": "ERROR: cannot overwrite file", "data": None}
            panda.cache[name] = rest.rsplit(b"\r\n" + boundary, 1)[0]
            return {"success": True, "message": "", "data": None}

        def reply(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for key, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(key, value)
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    panda.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield panda
    finally:
        panda.close()
        server.shutdown()
        server.server_close()
        thread.join(20)


def _json(body: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
    return 200, json.dumps(body).encode(), {"Content-Type": "application/json"}


def _answer(panda: FakePanda, path: str, query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    data: Any = None
    if path == "task/get_tasks_modified_since":
        data = {str(t.task): _listed(t) for t in panda.tasks.values() if _stamp(t) >= query["since"]}
    elif path == "task/submit":
        code, message = panda.insert(body["task_parameters"])
        task = re.search(r"jediTaskID=(\d+)", message)
        assert task is not None
        return {"success": code in (0, 3), "message": message, "data": int(task[1]) if code in (0, 3) else code}
    elif path == "task/get_job_descriptions":
        data = [panda.described(job) for job in panda.jobs.values() if job.task == int(query["task_id"])]
    elif path == "job/get_description":
        data = [panda.described(panda.jobs[job]) if job in panda.jobs else None for job in body["job_ids"]]
    elif path == "job/kill":
        panda.kill([panda.jobs[job] for job in body["job_ids"] if job in panda.jobs])
    elif path == "task/kill":
        task_of = panda.tasks.get(body["task_id"])
        if task_of is not None and task_of.status not in ENDED:
            panda.touch(task_of, "aborted")
        panda.kill([job for job in panda.jobs.values() if job.task == body["task_id"]])
    else:
        return {"success": False, "message": f"method {path} is forbidden", "data": None}
    return {"success": True, "message": "", "data": data}


def _listed(task: FakeTask) -> dict[str, Any]:
    return {
        "jediTaskID": task.task,
        "reqID": task.task,
        "taskName": task.parameters["taskName"],
        "status": task.status,
        "modificationTime": {"__datetime__": _stamp(task).replace(" ", "T")},
    }


def _stamp(task: FakeTask) -> str:
    """Return when a task was changed: now, with a fraction that grows with every change."""
    return f"{datetime.now(UTC):%Y-%m-%d} 23:59:59.{task.changed:06d}"
