"""Move what HTCondor returned from the array's folder to the folders of the jobs' attempts."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from recast.executors.htcondor.ads import job_key
from recast.executors.htcondor.describe import STDOUT_NAME, sandbox_of

__all__ = ["move_home"]

_MOST_WORDS_BYTES = 2000


def move_home(arrays: Mapping[int, Path], folders: Mapping[str, Path]) -> dict[str, str]:
    """Move the `out` folder of each job (native id -> attempt's folder) to its attempt; return the reason for those
    that failed.

    `arrays` maps clusters to the folders of their arrays. An existing `out` in an attempt's folder is kept: it is
    complete.
    """
    problems = {}
    for native_id, folder in folders.items():
        cluster, index = job_key(native_id)
        if cluster not in arrays or index is None:
            problems[native_id] = "its array is not known"
            continue
        problem = _move(sandbox_of(arrays[cluster], index), folder / "out")
        if problem:
            problems[native_id] = problem
    return problems


def _move(sandbox: Path, home: Path) -> str:
    """Move one `out` folder; return what is wrong, empty if nothing."""
    back = sandbox / "out"
    try:
        if stat.S_ISDIR(os.lstat(back).st_mode):
            if home.exists():
                shutil.rmtree(home)
            _move_log(sandbox / STDOUT_NAME, back / "log")
            back.rename(home)
        else:
            return "what was returned as its folder is not a folder"
    except FileNotFoundError:
        if not home.exists():
            return _last_words(sandbox / "worker.err") or "it returned nothing"
    except OSError as problem:
        return f"what it returned cannot be stored: {problem.strerror}"
    return ""


def _move_log(stdout: Path, log: Path) -> None:
    """Use the payload's standard output as the log, unless its worker sent one; links are refused, as they could expose
    other files.
    """
    with suppress(FileNotFoundError):
        if stat.S_ISREG(os.lstat(stdout).st_mode) and not os.path.lexists(log):
            stdout.rename(log)


def _last_words(path: Path) -> str:
    """Return the end of the worker's own standard error."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    with os.fdopen(fd, "rb") as file:
        size = os.fstat(fd).st_size
        text = os.pread(fd, _MOST_WORDS_BYTES, max(0, size - _MOST_WORDS_BYTES)).decode(errors="replace")
        file.close()
    lines = [line for line in text.splitlines() if line.strip()]
    return f"its worker said: {lines[-1].strip()[:500]}" if lines else ""
