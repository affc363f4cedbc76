"""Start bubblewrap on this node: adds what only the node knows to the driver's options."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence

from recast.worker.failure import Failure
from recast.worker.limits.memoryfile import memory_file
from recast.worker.processes.seccomp import filter_for
from recast.worker.room import with_room

__all__ = ["is_bubblewrap", "ready_to_start", "started_as"]

_LONGEST_WORD_BYTES = 128 * 1024 - 1  # MAX_ARG_STRLEN of the kernel
_MOST_WORDS = 9000  # MAX_ARGS of bubblewrap


def is_bubblewrap(argv: Sequence[str]) -> bool:
    """Return whether an argv starts bubblewrap."""
    return os.path.basename(argv[0]) == "bwrap"


def started_as(argv: Sequence[str], *, shared_memory: bool) -> tuple[list[str], list[int]]:
    """Return the argv that starts a container, and the file descriptors that it reads and the caller closes.

    Options are passed in a file: the container's first process is bubblewrap, and its command line would reveal the
    user's folders to the payload. Raises Failure.
    """
    end = argv.index("--")
    if "\0" in "".join(argv):
        stray = next(word for word in argv if "\0" in word)
        raise Failure("spec", f"an argument holds a NUL: {stray[:80]!r}")
    options = with_room(argv[1:end])
    written = _terminated(options)
    _check_size(len(options), written + _terminated(argv[end:]))
    files = []
    rules = filter_for(os.uname().machine, shared_memory=shared_memory)
    if rules is not None:
        files.append(memory_file(rules))
        written += _terminated(["--seccomp", str(files[-1])])
    files.append(memory_file(written))
    return [argv[0], "--args", str(files[-1]), *argv[end:]], files


@contextlib.contextmanager
def ready_to_start(argv: Sequence[str]) -> Iterator[tuple[list[str], list[int]]]:
    """Yield the argv for a test container, with bubblewrap or another runtime, and the descriptors that it reads."""
    completed, files = started_as(argv, shared_memory=True) if is_bubblewrap(argv) else (list(argv), [])
    try:
        yield completed, files
    finally:
        for fd in files:
            os.close(fd)


def _terminated(words: Sequence[str]) -> bytes:
    """Return words as the kernel has them, each with a NUL behind it."""
    return os.fsencode("".join([word + "\0" for word in words]))


def _check_size(options: int, words: bytes) -> None:
    """Raise Failure (`spec`) for what bubblewrap, or the kernel when bubblewrap starts the payload, does not accept.

    `words` are the options, of that number, and the command, each with a NUL behind it.
    """
    too_much = len(words) > os.sysconf("SC_ARG_MAX") or options > _MOST_WORDS
    if too_much or max(map(len, words.split(b"\0"))) >= _LONGEST_WORD_BYTES:
        raise Failure("spec", "the command and its environment are longer than the kernel takes: use a script instead")
