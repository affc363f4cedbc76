"""The container runtimes of this node, tested occasionally instead of once per job."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import Any

from recast.worker.bubblewrap import ready_to_start
from recast.worker.failure import Failure
from recast.worker.json_types import JsonDict, JsonObject

__all__ = ["engine_of", "present"]

_GOOD_S, _BAD_S = 3600.0, 60.0
_TRY_S = 240.0


def present(runtimes: Mapping[str, JsonObject], notes: str) -> tuple[list[str], dict[str, str]]:
    """Return the names of the task's runtimes that start containers here, in their order, and why the others do not.

    `notes` is a file in the node's cache: a success is trusted for an hour, a failure for a minute.
    """
    known = _read(notes)
    found, missing = [], {}
    for name, runtime in runtimes.items():
        key = json.dumps([name, engine_of(runtime)])
        answer = known.get(key)
        if not _fresh(answer):
            why = _try(name, engine_of(runtime))
            answer = known[key] = {"why": why, "at": time.time()}
            _write(notes, known)
        assert answer is not None
        if answer["why"]:
            missing[name] = str(answer["why"])
        else:
            found.append(name)
    return found, missing


def engine_of(runtime: JsonObject) -> list[str]:
    """Return the start of a runtime's argv up to its subcommand: the program and the flags that this site needs."""
    argv = list(runtime["argv"])
    return argv[: argv.index("run")] if "run" in argv[:8] else argv[:1]


def _try(name: str, engine: Sequence[str]) -> str:
    """Return why a runtime cannot be used, empty if it can."""
    if name not in _ATTEMPTS:
        return "this worker does not know it"
    program = shutil.which(engine[0])
    if program is None:
        return f"there is no {engine[0]}"
    try:
        with tempfile.TemporaryDirectory(prefix="recast-probe-") as folder:
            argv = _ATTEMPTS[name]([program, *engine[1:]], folder)
            with ready_to_start(argv) as (argv, files):
                done = subprocess.run(
                    argv,
                    capture_output=True,
                    stdin=subprocess.DEVNULL,
                    timeout=_TRY_S,
                    check=False,
                    cwd="/",
                    pass_fds=files,
                )
    except (OSError, subprocess.TimeoutExpired, Failure) as problem:
        return f"{engine[0]} cannot be run: {problem}"
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return f"{engine[0]}: {said[-1] if said else f'exit code {done.returncode}'}"[:300] if done.returncode else ""


def _bubblewrap(engine: list[str], folder: str) -> list[str]:
    argv = [*engine, "--unshare-all", "--unshare-user", "--uid", "0", "--gid", "0", "--cap-drop", "ALL"]
    return [*argv, "--disable-userns", "--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc", "--", "true"]


def _apptainer(engine: list[str], folder: str) -> list[str]:
    return [*engine, "--version"]  # it authorises no container over the node's own root


def _podman(engine: list[str], folder: str) -> list[str]:
    os.mkdir(folder + "/usr")
    for name in ("bin", "lib", "lib64", "sbin"):
        os.symlink(f"usr/{name}", f"{folder}/{name}")
    argv = [*engine, "run", "--rm", "--network=none", "--read-only", "--cap-drop=all", "--log-driver=none"]
    argv += ["--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096"]
    return [*argv, "--volume=/usr:/usr:ro", "--rootfs", folder, "true"]


_ATTEMPTS = {"bubblewrap": _bubblewrap, "apptainer": _apptainer, "podman": _podman}


def _fresh(answer: Any) -> bool:
    try:
        age_s = time.time() - answer["at"]
        return bool(0 <= age_s < (_BAD_S if answer["why"] else _GOOD_S))
    except (TypeError, KeyError):
        return False


def _read(notes: str) -> JsonDict:
    try:
        with open(notes, encoding="utf-8") as file:
            known = json.load(file)
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(notes: str, known: JsonObject) -> None:
    temporary = f"{notes}.{os.getpid()}"
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(known, file)
    os.rename(temporary, notes)
