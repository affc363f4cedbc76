"""Run an engine's client that loads an image: fed or monitored, and ended when it is no longer needed."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from recast.errors import ImageError

__all__ = ["Tell", "ask", "fed", "silent", "watched"]

Tell = Callable[[int, int], None]
"""A callback that is called repeatedly with the bytes done and the total; it raises an exception to end the loading."""

_LOOK_S = 0.25
_ASK_S = 120


def silent(done: int, total: int) -> None:
    """Report nothing."""


def fed(argv: Sequence[str], pieces: Iterable[bytes], total: int, tell: Tell) -> str:
    """Write pieces to the standard input of a program and return what it printed.

    Raises ImageError with its message if it fails, and whatever `pieces` or `tell` raise; the program then never sees
    the end of its input.
    """
    with _started(argv, subprocess.PIPE) as (process, output):
        assert process.stdin is not None
        done = 0
        try:
            for piece in pieces:
                process.stdin.write(piece)
                done += len(piece)
                tell(min(done, total), total)
            process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended, and reports why
        return _ended(process, output, lambda: tell(total, total))


def watched(argv: Sequence[str], done: Callable[[int], int], total: int, tell: Tell) -> str:
    """Run a program and return what it printed; `done` returns the progress of the process with a pid. Raises as `fed`
    does.
    """
    with _started(argv, subprocess.DEVNULL) as (process, output):
        return _ended(process, output, lambda: tell(min(done(process.pid), total), total))


def ask(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a short command of an engine; raise ImageError if it cannot be run or does not respond."""
    try:
        return subprocess.run(
            argv, check=False, capture_output=True, text=True, timeout=_ASK_S, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise _cannot_be_run(argv[0], str(problem)) from problem


@contextmanager
def _started(argv: Sequence[str], stdin: int) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """Start a program with its stderr in a file; it has always ended when the block is left."""
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(argv, stdin=stdin, stdout=output, stderr=subprocess.STDOUT)
        except OSError as problem:
            raise _cannot_be_run(argv[0], str(problem)) from problem
        try:
            yield process, output
        finally:
            if process.poll() is None:
                process.kill()  # before its standard input is closed, which it would take for the end of the archive
                process.wait()
            if process.stdin is not None and not process.stdin.closed:
                _drop(process.stdin)


def _ended(process: subprocess.Popen[bytes], output: IO[bytes], look: Callable[[], None]) -> str:
    while True:
        try:
            code = process.wait(_LOOK_S)
            break
        except subprocess.TimeoutExpired:
            look()
    output.seek(0)
    text = output.read().decode(errors="replace")
    if code != 0:
        raise _failed(str(process.args[0]) if isinstance(process.args, (list, tuple)) else "", text)
    return text


def _drop(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:
        return  # the rest of its buffer is not needed


def _failed(program: str, text: str) -> ImageError:
    said = (text.strip() or "no reason given").splitlines()[-1]
    full = "no space left" in said
    return ImageError(
        f"{Path(program).name} cannot load the image",
        why=said,
        next_step=f"free some space: {Path(program).name} system df" if full else "recast image verify",
    )


def _cannot_be_run(program: str, why: str) -> ImageError:
    return ImageError(f"{Path(program).name} cannot be run", why=why, next_step="recast doctor")
