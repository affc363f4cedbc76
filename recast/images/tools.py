"""Starting the programs that build images; a failure carries their last lines and the log's path.

None of them outlives us: each runs under a warden. The lock of a build is held by the wardens as well, so that whoever
comes after a build that was killed waits until the last of its processes is gone.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from recast.errors import ImageError
from recast.images.disk import writing
from recast.machine.packages import install_here
from recast.worker.processes.warden import argv_of

__all__ = ["in_turn", "require_tools", "run_tool"]

_HELD: ContextVar[tuple[int, ...]] = ContextVar("locks that the programs hold as well", default=())

_LAST_LINES = 12


def require_tools(names: Sequence[str]) -> None:
    """Raise ImageError if one of the programs is not installed."""
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        raise ImageError(
            f"Images cannot be built here: {', '.join(missing)} not found",
            why="Bases are made with mmdebstrap, images with buildah and skopeo",
            next_step=install_here(*missing),
            code="image.tool-missing",
        )


@contextmanager
def in_turn(lock: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold an exclusive lock, also in all programs started meanwhile; wait for another holder, and report that."""
    with writing(lock):
        lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    before = _HELD.set((*_HELD.get(), descriptor))
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another build to end ({lock.parent})")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        _HELD.reset(before)
        os.close(descriptor)


def run_tool(
    argv: Sequence[str], log: Path, *, environ: Mapping[str, str] | None = None, cwd: Path | None = None
) -> None:
    """Run a program with its output appended to `log`; raise ImageError with the last lines if it fails.

    `environ` is added to ours. If this process ends, however it ends, so does the program with all that it started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        start = output.tell()
        code = _finished(list(argv), output.fileno(), {**os.environ, **(environ or {})}, cwd)
    if code != 0:
        raise ImageError(
            f"{_program(argv)} failed with exit code {code}",
            where=str(log),
            why=_last_lines(log, start) or "It said nothing.",
            next_step=f"less {log}",
            code="image.build",
        )


def _finished(argv: list[str], output: int, environ: Mapping[str, str], cwd: Path | None) -> int:
    warden = subprocess.Popen(
        argv_of(argv),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=environ,
        cwd=cwd,
        pass_fds=_HELD.get(),
    )
    try:
        return warden.wait()
    except BaseException:
        warden.terminate()
        warden.wait()
        raise


def _program(argv: Sequence[str]) -> str:
    """Name the program that matters, not the wrappers that make namespaces."""
    last_wrapper = max((place for place, word in enumerate(argv) if word in ("--", "-n")), default=-1)
    program, *rest = argv[last_wrapper + 1 :]
    command = next((word for word in rest if not word.startswith("-")), "") if program != "mmdebstrap" else ""
    return f"{program.rpartition('/')[2]} {command}".rstrip()


def _last_lines(log: Path, start: int) -> str:
    with log.open("rb") as file:
        file.seek(max(start, log.stat().st_size - 16_384))
        text = file.read().decode(errors="replace")
    return "\n".join(text.rstrip().splitlines()[-_LAST_LINES:])
