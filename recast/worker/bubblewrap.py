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
    if stray := next((word for word in argv if "\0" in word), None):
        raise Failure("spec", f"an argument holds a NUL: {stray[:80]!r}")
    options = with_room(argv[1:end])
    _check_size(options, argv[end:])
    files = []
    rules = filter_for(os.uname().machine, shared_memory=shared_memory)
    if rules is not None:
        files.append(memory_file(rules))
        options += ["--seccomp", str(files[-1])]
    files.append(memory_file(b"".join(os.fsencode(word) + b"\0" for word in options)))
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


def _check_size(options: Sequence[str], command: Sequence[str]) -> None:
    """Raise Failure (`spec`) for what bubblewrap, or the kernel when bubblewrap starts the payload, does not accept."""
    sizes_bytes = [len(os.fsencode(word)) + 1 for word in (*options, *command)]
    too_long = max(sizes_bytes) > _LONGEST_WORD_BYTES or sum(sizes_bytes) > os.sysconf("SC_ARG_MAX")
    if too_long or len(options) > _MOST_WORDS:
        raise Failure("spec", "the command and its environment are longer than the kernel takes: use a script instead")
