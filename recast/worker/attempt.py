"""One attempt: stage in, run, stage out, write the outcome."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping

from recast.worker import payload
from recast.worker.bubblewrap import is_bubblewrap
from recast.worker.failure import Failure, Stopped, failure_of
from recast.worker.files import staging
from recast.worker.files.durable import sync_paths
from recast.worker.files.stageout import settle, stage_out
from recast.worker.json_types import JsonDict, JsonObject
from recast.worker.limits.cgroup import Group, oom_kills, prefer_as_victim
from recast.worker.limits.outofmemory import ran_out_of_memory
from recast.worker.limits.unheld import not_held
from recast.worker.log import Log
from recast.worker.processes.client import Client
from recast.worker.processes.ear import Ear
from recast.worker.processes.keyring import leave_session_keyring
from recast.worker.processes.process import OVERTIME_S, End, Process
from recast.worker.processes.spawn import capture
from recast.worker.processes.turns import Turn
from recast.worker.secrets import blot_out, read_secrets
from recast.worker.verdict import judge, not_started, unforeseen

__all__ = ["OUTCOME_VERSION", "Attempt", "utc"]

OUTCOME_VERSION = 1
_NONE: JsonObject = {"name": "", "argv": None}
_HOST = os.uname().nodename
_DEFAULT_MEMORY_MB = 2000
_ENGINE_CODES = (125, 126, 127, 137)
_SYNC_FROM_S = 0.1
_LEAST_KEEPING_S = 30.0
"""How long a job that used up its time has for storing its outputs."""


class Attempt:
    """One attempt of a job, in a separate folder that is never reused.

    The task holds `job`, `attempt_dir`, `store`, `image_digest`, maybe `secrets` (files whose contents must not stay in
    the log) and `runtime`: its `name`, and for a container the
    whole `argv`, `cgroup` (whether the limits are ours to set), `status` (it reports on file descriptor 3 whether
    the payload began), `term` (see `Process`), `cleanup` (argv that removes the container) and `inspect` (argv that
    prints whether it began and whether it ran out of memory).
    """

    def __init__(
        self,
        task: JsonObject,
        group: Group,
        is_cancelled: Callable[[], bool],
        turn: Turn | None = None,
        *,
        is_told: bool = False,
        make_ready: Callable[[], JsonObject] | None = None,
        send: Callable[[list[JsonDict]], list[str]] | None = None,
        tell_unheld: Callable[[list[str]], None] = lambda names: None,
    ) -> None:
        """Prepare; `is_told` says that a driver hears of the outcome and writes it down as well.

        `make_ready` gets at what the node has to provide (the image) once the folder is ours, and returns the task's
        `runtime`, which is not asked for before. It may raise Failure. `send` brings outputs to a store that others
        reach and returns the digests of those that stay there; it may raise Failure. `tell_unheld` hears which limits
        the kernel should hold for this attempt and cannot.
        """
        self._turn = turn or Turn()
        self._is_told = is_told
        self._task = task
        self._job: JsonObject = task["job"]
        self._folder: str = task["attempt_dir"]
        self._work = self._folder + "/work"
        self._in = self._folder + "/in"
        self._make_ready = make_ready
        self._send = send
        self._tell_unheld = tell_unheld
        self._unheld: list[str] = []
        self._is_limit_above = False
        self._runtime: JsonObject = _NONE
        self._is_host = self._needs_in = False
        self._client: Client | None = None
        self._group = group
        self._is_cancelled = is_cancelled
        self._alias = ""
        self._secrets: list[bytes] = []
        self.is_ours = False
        """Whether the folder belongs to this attempt; if not, it contains an outcome that must be kept."""
        self._peak_bytes = 0
        self._oom_kills: int | None = None
        self._is_supposed = False
        self._log = Log(self._folder + "/log")
        self._ear = Ear(is_cancelled)

    def run(self, still_running: Callable[[int], None]) -> JsonDict:
        """Run the attempt and return its outcome, which then is on the disk as well. Raises Stopped."""
        started, since = time.time(), time.monotonic()
        kept: list[JsonDict] = []
        end: End | None = None
        far: list[str] = []
        kind, message = None, ""
        try:
            self._prepare()
            end = self._execute(still_running)
            judge(
                end,
                self._job["resources"],
                self._log,
                is_limit_above=self._is_limit_above,
                is_supposed=self._is_supposed,
            )
            kept = self._stage_out()
            far = self._send(kept) if self._send else []
        except Failure as failure:
            kind, message, kept = failure.kind, failure.message, []
        except (Stopped, BrokenPipeError):
            raise
        except Exception as problem:  # one job must not end the slot, and thereby the following jobs
            kind, message, kept = *unforeseen(problem), []
        outcome = {
            "version": OUTCOME_VERSION,
            "job_id": self._job["job_id"],
            "exit_code": end.exit_code if end else None,
            "signal": end.signal if end else None,
            "started": utc(started),
            "ended": utc(time.time()),
            "host": _HOST,
            "runtime": self._runtime["name"],
            "peak_memory_bytes": self._peak_bytes,
            "cpu_s": round(end.cpu_s, 6) if end else 0.0,
            "image": self._task["image_digest"] if self._runtime is not _NONE else None,
            "outputs": kept,
            "far": far,
            "failure": kind,
            "message": message,
            "unheld": self._unheld,
        }
        # A power cut may lose the outcome of a moment's work before the driver has it: the job then runs again (ADR 9).
        self._write(outcome, sync=not self._is_told or time.monotonic() - since >= _SYNC_FROM_S)
        return outcome

    def _prepare(self) -> None:
        try:
            try:
                # Not accessible to others: a payload can leave a setuid program in its work folder.
                os.mkdir(self._folder, 0o700)
            except FileNotFoundError:
                os.makedirs(self._folder, 0o700)
            except FileExistsError:
                if os.listdir(self._folder):
                    raise Failure("infrastructure", f"{self._folder} was used before: an attempt is new") from None
            self.is_ours = True
            os.mkdir(self._work)
        except OSError as problem:
            raise failure_of(problem, "infrastructure") from None
        self._secrets = read_secrets(self._task.get("secrets") or ())
        self._take_runtime(self._make_ready() if self._make_ready else self._task["runtime"])
        if self._needs_in:
            self._stage_in()

    def _take_runtime(self, runtime: JsonObject) -> None:
        self._runtime = runtime
        self._is_host = runtime["argv"] is None
        if not self._is_host and not is_bubblewrap(runtime["argv"]):
            self._client = Client(self._folder, runtime)
        # A container may have the folder mounted even if nothing is to be staged.
        staged = bool(self._job["inputs"] or self._job.get("texts"))
        self._needs_in = staged or any(self._in in word for word in runtime["argv"] or ())

    def _stage_in(self) -> None:
        workdir = self._job["workdir"]
        mount_point = self._in + workdir[len(staging.RUN_ROOT) :]
        try:
            os.makedirs(self._in if self._is_host else mount_point, exist_ok=True)
        except OSError as problem:
            raise failure_of(problem, "staging") from None
        # A host process can write through a link into the store: root as it is, others after `chmod u+w`.
        staging.stage_in(self._task, self._in, self._work, self._is_host, self._ear.listen)
        if self._job.get("texts"):
            self._write_texts()

    def _write_texts(self) -> None:
        texts: Mapping[str, str] = self._job["texts"]
        if self._is_host:
            root = self._safe_root()
            texts = {
                path: payload.physical(self._job, text, root + "/work", root + "/in") for path, text in texts.items()
            }
        staging.write_texts(texts, self._in, self._folder + "/texts")

    def _execute(self, still_running: Callable[[int], None]) -> End:
        """Run the payload when it is this attempt's turn."""
        if self._is_cancelled():
            raise Failure("cancelled", "cancelled before it began")
        walltime_s = self._job["resources"]["walltime_s"]
        self._turn.take(walltime_s + OVERTIME_S, self._is_cancelled)
        self._ear.until_s = time.monotonic() + walltime_s
        try:
            return self._run_payload(still_running)
        finally:
            self._turn.give()

    def _run_payload(self, still_running: Callable[[int], None]) -> End:
        limited = self._set_limits()
        watched = not limited and (self._is_host or bool(self._runtime.get("cgroup")))
        counts_kills = watched or bool(self._runtime.get("inspect"))
        process = Process(
            self._job["resources"],
            term=self._runtime.get("term") or "all",
            watch_memory=watched,
            is_cancelled=self._is_cancelled,
            is_out_of_memory=self._group.was_out_of_memory if limited else None,
        )
        report = os.pipe2(os.O_CLOEXEC) if self._runtime.get("status") else None
        try:
            self._spawn(process, self._payload(shared_memory=not watched), limited, report[1] if report else None)
            if report:
                os.close(report[1])
            end = process.wait(lambda pid: self._goes_on(pid, still_running, counts_kills))
            self._blot_out()
            self._peak_bytes = (self._group.peak_memory_bytes() if limited else 0) or end.peak_memory_bytes
            if not end.stopped_by and self._ran_out_of_memory(limited):
                end.stopped_by = "memory"
            self._is_limit_above = end.stopped_by == "memory" and limited and self._group.was_limit_above()
            if not end.stopped_by and end.exit_code != 0:
                self._ask_why(end, report[0] if report else None)
            if end.stopped_by:
                self._group.forget()
            return end
        except Exception:
            process.give_up()
            self._blot_out()
            raise
        finally:
            if report:
                os.close(report[0])
            self._clear()

    def _blot_out(self) -> None:
        """Take secrets out of the log before anybody reads a last line from it."""
        if self._secrets:
            blot_out(self._folder + "/log", self._secrets)

    def _ran_out_of_memory(self, limited: bool) -> bool:
        """Return whether a process of the payload was killed for memory, however its first one ended."""
        in_group = limited and self._group.was_out_of_memory()
        return ran_out_of_memory(in_group=in_group, engine_says=bool(self._client and self._client.saw_a_kill()))

    def _goes_on(self, pid: int, still_running: Callable[[int], None], counts_kills: bool) -> None:
        """Hear of a payload that takes longer than a moment. A look at the kernel's counters is too dear for others."""
        if counts_kills and self._oom_kills is None:
            self._oom_kills = oom_kills()
        still_running(pid)

    def _spawn(self, process: Process, what: payload.Payload, limited: bool, status_fd: int | None) -> None:
        if not self._is_host:
            leave_session_keyring()
        if limited:
            # We share the payload's limit; if it is broken, the payload has to go, not we.
            prefer_as_victim(True)
        try:
            process.spawn(what, self._folder + "/log", status_fd)
        finally:
            if limited:
                prefer_as_victim(False)

    def _set_limits(self) -> bool:
        """Return whether a control group holds the memory: not for a host process with the default limits."""
        resources = self._job["resources"]
        wanted = resources["memory_mb"] != _DEFAULT_MEMORY_MB if self._is_host else bool(self._runtime.get("cgroup"))
        if wanted and self._group.lack is not None:
            self._unheld = not_held(self._group, resources)
            if self._unheld:
                self._tell_unheld(self._unheld)
        try:
            self._group.hold(resources if wanted else None)
        except OSError as problem:
            raise failure_of(problem, "infrastructure") from None
        return wanted and self._group.holds("memory")

    def _payload(self, *, shared_memory: bool) -> payload.Payload:
        if not self._is_host:
            if self._client:
                self._client.enter()
            argv = self._client.argv() if self._client else list(self._runtime["argv"])
            # Not the work folder: what a program leaves where it was started must not be taken for an output.
            place = self._client.folder if self._client else self._folder
            return payload.container_payload(self._job, argv, place, shared_memory=shared_memory)
        root = self._safe_root()
        return payload.host_payload(self._job, root + "/work", root + "/in")

    def _safe_root(self) -> str:
        """Return the folder of the attempt, or a link to it without the blanks that would tear a command apart."""
        if payload.shell_safe(self._folder):
            return self._folder
        if not self._alias:
            import tempfile

            self._alias = tempfile.mkdtemp(prefix="recast-")
            os.symlink(self._folder, self._alias + "/a")
        return self._alias + "/a"

    def _ask_why(self, end: End, report: int | None) -> None:
        """Tell apart what an exit code cannot: out of memory, a container that never began, the job's own fault."""
        kills_anywhere = self._oom_kills is not None and oom_kills() > self._oom_kills
        asks_engine = bool(self._runtime.get("inspect")) and end.exit_code in _ENGINE_CODES
        said = capture(self._runtime["inspect"], dict(os.environ)).split() if asks_engine else []
        # Engines on version 1 control groups miss it when a child of the first process was killed.
        engine_says = said[:1] == ["true"]
        if ran_out_of_memory(engine_says=engine_says, code=end.code, kills_anywhere=kills_anywhere):
            end.stopped_by, self._is_supposed = "memory", not engine_says
            return
        was_reported = report is None or b'"exit-code"' in os.read(report, 65536)
        if not was_reported or (asks_engine and (len(said) < 2 or said[1].startswith("0001-"))):
            raise not_started(self._log.last_line())

    def _stage_out(self) -> list[JsonDict]:
        seen_as = [self._job["workdir"], self._work, os.path.realpath(self._work)]
        if self._alias:
            seen_as.append(self._alias + "/a/work")
        # The payload has its own time limit; storing its outputs needs one, too.
        self._ear.until_s = max(self._ear.until_s, time.monotonic() + _LEAST_KEEPING_S)
        return stage_out(self._task, seen_as, self._ear.listen)

    def _clear(self) -> None:
        """Remove what only the running payload needed."""
        if self._client:
            self._client.leave()
        if self._needs_in:
            import shutil

            shutil.rmtree(self._in, ignore_errors=True)

    def _write(self, outcome: JsonDict, *, sync: bool) -> None:
        """Put the outcome on the disk, whole or not at all; a full disk changes what it says."""
        if self._alias:
            os.unlink(self._alias + "/a")
            os.rmdir(self._alias)
        if not self.is_ours:
            return
        path = self._folder + "/outcome.json"
        try:
            _put(path + ".new", json.dumps(outcome).encode(), sync)
            if sync:
                here = [item for item in outcome["outputs"] if item["digest"] not in outcome["far"]]
                settle(self._task, here, however_many=not self._is_told)
            os.rename(path + ".new", path)
            if sync and not self._is_told:
                sync_paths([self._folder])
        except OSError as problem:
            failure = failure_of(problem, "infrastructure")
            outcome.update(failure=failure.kind, message=f"cannot write the outcome: {failure.message}", outputs=[])


def _put(path: str, data: bytes, sync: bool) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        if sync:
            os.fsync(fd)
    finally:
        os.close(fd)


def utc(seconds: float) -> str:
    """Return a time since the epoch as outcomes have it: UTC, ISO 8601."""
    whole = int(seconds)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{int((seconds - whole) * 1e6):06d}Z"
