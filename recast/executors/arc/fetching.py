"""From a job that is over to a folder here: what it left in `out`, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from recast.errors import ExecutorError
from recast.executors.arc.element import ComputingElement, TooLarge

__all__ = ["bring_home"]

_NAMES = re.compile(r"[0-9a-f]{64}|log|outcome\.json")
_MOST_FILES = 100_000


async def bring_home(element: ComputingElement, job: str, folder: Path, most_bytes: int) -> str:
    """Bring the folder `out` of a job into `folder`; return what was wrong with it, empty if nothing.

    A file that is there already, whole, is not fetched again. Raises ExecutorError and CredentialsProblem if the
    computing element cannot be asked, ExecutorError if our disk is full: then it is done again.
    """
    found = await element.ls(job, "out")
    if found is None:
        return "it left no outcome"
    # The names are a node's word: only those that we expect can become files of ours.
    names = [name for name in found.files if _NAMES.fullmatch(name)]
    if len(names) > _MOST_FILES:
        return f"it left more than {_MOST_FILES} files"
    out = folder / "out"
    left_bytes = most_bytes
    try:
        out.mkdir(mode=0o700, exist_ok=True)
        for name in names:
            left_bytes -= await _one(element, job, name, out / name, left_bytes)
    except TooLarge:
        return f"it left more than {most_bytes // 1_000_000} MB (output of arc)"
    except OSError as problem:
        raise ExecutorError.of(
            problem, "What a job left cannot be written", out, "free some disk space, then resume the run"
        ) from problem
    return ""


async def _one(element: ComputingElement, job: str, name: str, target: Path, most_bytes: int) -> int:
    try:
        return target.stat().st_size
    except FileNotFoundError:
        return await element.fetch(job, f"out/{name}", target, most_bytes)
