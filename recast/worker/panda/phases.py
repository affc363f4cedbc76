"""The phases around a container that PanDA's pilot starts: files in and a script before, an outcome after it."""

from __future__ import annotations

import json
import os
import shutil
import time
from typing import Optional

from recast.worker.attempt import OUTCOME_VERSION, utc
from recast.worker.failure import Failure, failure_of
from recast.worker.files import staging
from recast.worker.files.stageout import stage_out
from recast.worker.json_types import JsonDict
from recast.worker.limits.cgroup import oom_kills
from recast.worker.limits.outofmemory import ran_out_of_memory
from recast.worker.log import Log
from recast.worker.panda.job import Job, host_name
from recast.worker.panda.script import BEGAN, EXIT, PAYLOAD, SECRETS, STDIN, payload_script
from recast.worker.payload import physical
from recast.worker.processes.process import End
from recast.worker.remote.data import bring_inputs
from recast.worker.remote.leave import leave, send_all
from recast.worker.secrets import blot_out, read_secrets
from recast.worker.slot import last_word
from recast.worker.verdict import judge, unforeseen

__all__ = ["postprocess", "preprocess"]

_KILLS = "kills"
_TIMED_OUT = (124, 137, 143)
_MONITOR = "memory_monitor_summary.json"


def preprocess(here: str, index: str, inside: str) -> int:
    """Bring the inputs of a job and write the script that runs it; return 1 if it cannot begin, or must not.

    `inside` is where the container has the folder `here`, empty for the same place. A job that cannot begin has its
    outcome.
    """
    job = Job(here, index)
    since = time.time()
    try:
        if job.has_ended_before():
            last_word(f"{job.job_id} has run before, and runs once")
            job.clear(whole=True)
            return 1
        _prepare(job, (inside or here) + "/recast")
    except Exception as problem:
        kind, message = _classed(problem)
        leave(job.task, _outcome(job, since, time.time(), None, [], kind, message))
        job.clear(whole=True)
        return 1
    job.clear(whole=False)
    return 0


def postprocess(here: str, index: str, inside: str) -> int:
    """Bring home what the container left, with the outcome; return 0 if that is at the store, whatever it says."""
    job = Job(here, index)
    began, ended = _time(f"{job.folder}/{BEGAN}"), _time(f"{job.folder}/{EXIT}")
    end: Optional[End] = None
    outputs: list[JsonDict] = []
    kind, message = None, ""
    try:
        _blot_out(job)
        end = _end(job, began, ended)
        judge(end, job.task["job"]["resources"], Log(job.task["attempt_dir"] + "/log"), is_limit_above=False)
        outputs = _kept(job, (inside or here) + "/recast")
        send_all(job.task, outputs)
    except Exception as problem:
        kind, message = _classed(problem)
        outputs = []
    now = time.time()
    is_there = leave(job.task, _outcome(job, began or now, ended or now, end, outputs, kind, message))
    job.clear(whole=True)
    return 0 if is_there else 1


def _prepare(job: Job, root: str) -> None:
    attempt = job.task["attempt_dir"]
    body = job.task["job"]
    work, inputs = attempt + "/work", attempt + "/in"
    try:
        for folder in (attempt, work, inputs):
            os.makedirs(folder, mode=0o700)
    except OSError as problem:
        raise failure_of(problem, "infrastructure") from None
    bring_inputs(job.task)
    staging.stage_in(job.task, inputs, work, True)
    texts = {
        path: physical(body, text, f"{root}/attempt/work", f"{root}/attempt/in")
        for path, text in (body.get("texts") or {}).items()
    }
    staging.write_texts(texts, inputs, attempt + "/texts")
    job.lay_out_secrets(f"{job.folder}/{SECRETS}")
    script, stdin = payload_script(body, root)
    _write(f"{job.here}/{PAYLOAD}", script, 0o755)
    if stdin is not None:
        _write(f"{job.folder}/{STDIN}", stdin, 0o644)
    _write(f"{job.folder}/{_KILLS}", str(oom_kills()), 0o644)


def _end(job: Job, began: Optional[float], ended: Optional[float]) -> End:
    """Return how the payload ended; raise Failure if it never began, or was gone before it could say."""
    said = Log(f"{job.here}/payload.stderr").last_line()
    if began is None:
        raise Failure("infrastructure", f"the pilot's container did not start{': ' if said else ''}{said}")
    killed = oom_kills() > _number(f"{job.folder}/{_KILLS}", oom_kills())
    if ended is None:
        raise Failure("memory" if killed else "lost", "the container ended before its payload could say how")
    code = _number(f"{job.folder}/{EXIT}", 255) & 255
    walltime_s = job.task["job"]["resources"]["walltime_s"]
    stopped_by = ""
    if code in _TIMED_OUT and ended - began >= walltime_s:
        stopped_by = "walltime"
    elif ran_out_of_memory(code=code, kills_anywhere=killed):
        stopped_by = "memory"
    return End(code << 8, _peak_bytes(f"{job.here}/{_MONITOR}"), 0.0, stopped_by)


def _blot_out(job: Job) -> None:
    """Take the job's secrets out of its log; their files go before anything else can read them."""
    folder = f"{job.folder}/{SECRETS}"
    if os.path.isdir(folder):
        blot_out(f"{job.task['attempt_dir']}/log", read_secrets([f"{folder}/{name}" for name in os.listdir(folder)]))
        shutil.rmtree(folder, ignore_errors=True)


def _kept(job: Job, root: str) -> list[JsonDict]:
    """Return the outputs of the job, which are in its own store then. Raises Failure."""
    body = job.task["job"]
    work = job.task["attempt_dir"] + "/work"
    return stage_out(job.task, [body["workdir"], work, os.path.realpath(work), f"{root}/attempt/work"], lambda: None)


def _outcome(
    job: Job, began: float, ended: float, end: Optional[End], outputs: list[JsonDict], kind: Optional[str], message: str
) -> JsonDict:
    return {
        "version": OUTCOME_VERSION,
        "job_id": job.job_id,
        "exit_code": end.exit_code if end else None,
        "signal": None,
        "started": utc(began),
        "ended": utc(ended),
        "host": host_name(),
        "runtime": "panda-pilot",
        "peak_memory_bytes": end.peak_memory_bytes if end else 0,
        "cpu_s": 0.0,
        # The pilot was told to start this one, by digest; that it did is its word.
        "image": job.task["image_digest"] if end else None,
        "outputs": outputs,
        "far": sorted({item["digest"] for item in outputs}),
        "failure": kind,
        "message": message,
    }


def _classed(problem: Exception) -> tuple[str, str]:
    return (problem.kind, problem.message) if isinstance(problem, Failure) else unforeseen(problem)


def _peak_bytes(path: str) -> int:
    """Return the largest size that the pilot's memory monitor saw, 0 if it says nothing."""
    try:
        with open(path, encoding="utf-8") as file:
            return int(json.load(file)["Max"]["rss"]) * 1024
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _time(path: str) -> Optional[float]:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return None


def _number(path: str, default: int) -> int:
    try:
        with open(path, encoding="ascii") as file:
            return int(file.read(32))
    except (OSError, ValueError):
        return default


def _write(path: str, text: str, mode: int) -> None:
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    os.chmod(path, mode)
