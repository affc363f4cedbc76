"""The workflow of the limits: one stage for each, whose step wants more than it may have.

`python -m tests.machines.limits FOLDER RUNTIME [LIMIT ...]` runs it in this session, and prints what was seen as JSON.
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from recast.images import ImageStore
from recast.paths import places
from recast.worker.limits.cgroup import oom_kills
from tests.busybox import add_busybox, environment, pin


@dataclass(frozen=True)
class Limit:
    """What a step does, what it may have, and the class that its attempt has to end with (`""`: it succeeds)."""

    command: str
    options: dict[str, Any]
    ends: str


# Written over and over, for seconds: who only looks now and then sees it too.
_HOG = "dd if=/dev/zero of=/dev/null bs=100M count=200"
# By the clock, so that it lasts on a fast machine too.
_SPIN = "IFS=. read a x </proc/uptime; b=$a; while [ $((b-a)) -lt 4 ]; do IFS=. read b x </proc/uptime; done"
# Processes that start no program and read from a pipe that nobody writes to: the cheapest there are. Who holds the pipe
# open is ended with them, by what needs no process more.
_CROWD = """\
sh -c 'echo $$ >holder; exec sleep 9999' | (
    trap 'read holder <holder; kill $holder' EXIT
    exec 3<&0
    i=0
    while [ $i -lt 1100 ]; do read x <&3 & i=$((i+1)); done
    sleep 90
)
"""
LIMITS = {
    "memory": Limit(_HOG, {"memory_mb": 50}, "memory"),
    "child": Limit(f"( {_HOG} ) || true", {"memory_mb": 50}, "memory"),
    "tmpfs": Limit("dd if=/dev/zero of=/dev/shm/hog bs=1M count=60; sleep 5", {"memory_mb": 40}, "memory"),
    "processes": Limit(_CROWD, {}, "user"),
    "processor": Limit(f"cat /proc/uptime; ({_SPIN}) & {_SPIN}; wait; cat /proc/uptime; times", {"cpus": 1}, ""),
    "walltime": Limit("sleep 600", {"walltime_s": 10}, "walltime"),
    "disk": Limit("dd if=/dev/zero of=big bs=1M count=20", {"disk_mb": 5}, "user"),
}
# Each begins with the kernel's count of processes that it has killed for memory.
_COUNT = "sed -n '/^oom_kill /p' /proc/vmstat"
_RUN_S = 1800
_TIME = re.compile(r"(\d+)m([\d.]+)s")


@dataclass(frozen=True)
class Seen:
    """How the attempt of a limit ended.

    `oom_kills`: how many processes the kernel of this machine killed for memory while it ran. `cpus`: how many it had.
    """

    ends: str
    message: str
    oom_kills: int
    cpus: float


def write(folder: Path, names: Iterable[str] = LIMITS) -> None:
    """Write the workflow of some limits and its lock into a folder, and the image into this user's store."""
    folder.mkdir(parents=True, exist_ok=True)
    stages = [{"name": name, "dependencies": ["init"], "scheduler": _stage(LIMITS[name])} for name in names]
    (folder / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
    pin(folder, add_busybox(ImageStore(places().image_store)))


def _stage(limit: Limit) -> dict[str, Any]:
    step = {
        "process": {
            "process_type": "interpolated-script-cmd",
            "interpreter": "sh",
            "script": f"{_COUNT}\n{limit.command}",
        },
        "environment": environment(**limit.options),
        "publisher": {"publisher_type": "interpolated-pub", "publish": {}},
    }
    return {"scheduler_type": "singlestep-stage", "parameters": {}, "step": step}


def main(folder: Path, runtime: str, *names: str) -> dict[str, Any]:
    """Write the workflow, run it, and return what was seen of each limit, and what the run said."""
    write(folder / "spec", names or LIMITS)
    run = folder / "run"
    argv = [sys.executable, "-m", "recast", "run", str(folder / "spec/workflow.yml"), "--no-cache"]
    argv += ["--max-parallel", "1", "--runtime", runtime, "--workdir", str(run)]
    began_s = time.monotonic()
    done = subprocess.run(argv, capture_output=True, text=True, timeout=_RUN_S)
    is_begun = (run / "journal.sqlite").exists()
    seen = {name: asdict(found) for name, found in _seen(run, oom_kills())} if is_begun else {}
    return {"code": done.returncode, "said": done.stderr, "took_s": round(time.monotonic() - began_s), "seen": seen}


def _seen(run: Path, kills_after: int) -> Iterator[tuple[str, Seen]]:
    with closing(sqlite3.connect(run / "journal.sqlite")) as journal:
        events = journal.execute("SELECT kind, body FROM events ORDER BY seq")
        rows = [(kind, json.loads(body)) for kind, body in events]
    steps = {body["job_id"]: body["step"] for kind, body in rows if kind == "SubmitIntended"}
    logs = {job: _log(run, job) for job in [body["job_id"] for kind, body in rows if kind == "JobStarted"]}
    kills = dict(zip(logs, _kills(list(logs.values()), kills_after), strict=True))
    for kind, body in rows:
        if kind == "JobEnded":
            job, outcome = body["job_id"], body["outcome"]
            cpus = _cpus(logs.get(job, []))
            ends = Seen(outcome["failure"] or "", outcome["message"], kills.get(job, 0), cpus)
            yield steps[job].split("/")[1], ends


def _log(run: Path, job: str) -> list[list[str]]:
    path = run / "jobs" / job / "log"
    return [line.split() for line in path.read_text(errors="replace").splitlines()] if path.exists() else []


def _kills(logs: list[list[list[str]]], at_the_end: int) -> list[int]:
    """Return how many processes were killed during each of some steps, which ran one after the other."""
    began = [next((int(words[1]) for words in log if words[:1] == ["oom_kill"]), -1) for log in logs]
    for index in reversed(range(len(began))):
        began[index] = began[index] if began[index] >= 0 else [*began, at_the_end][index + 1]
    return [after - before for before, after in zip(began, [*began[1:], at_the_end], strict=True)]


def _cpus(log: list[list[str]]) -> float:
    """Return how many cpus a payload had between the two times that it wrote, by what its shell says of itself.

    An engine's client counts as the job's, and would be counted as well.
    """
    times = [_TIME.fullmatch(word) for words in log for word in words]
    cpu_s = sum(60 * int(time[1]) + float(time[2]) for time in times if time)
    ups = [float(words[0]) for words in log if len(words) == 2 and words[0].replace(".", "").isdigit()]
    return round(cpu_s / (ups[-1] - ups[0]), 2) if len(ups) > 1 and ups[-1] > ups[0] else 0.0


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), *sys.argv[2:])))
