"""The state of a run from its newest event and its lock alone, so that listing many runs is fast."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from recast.errors import StoreError
from recast.rundir import RunDirectory

__all__ = ["LIVE", "state_of", "wait_for"]

LIVE = "running"
_FIRST_S, _LONGEST_S, _GROWTH = 0.1, 2.0, 1.5


def state_of(directory: RunDirectory) -> str:
    """Return `running`, `interrupted`, `damaged`, or how the run ended: `succeeded`, `failed`, `cancelled`."""
    from recast.journal import Journal, RunLock, is_begun

    driven = (
        RunLock(directory.lock).holder() is not None
    )  # checked first: a driver writes the end of the run before it releases the lock
    last = None
    try:
        if is_begun(directory.journal):
            journal = Journal(directory.journal, read_only=True)
            try:
                last = journal.last()
            finally:
                journal.close()
    except StoreError:
        return "damaged"
    if last is not None and last.kind == "RunEnded" and not driven:
        return str(last.body.get("state", "damaged"))
    return LIVE if driven else "interrupted"


def wait_for(
    runs: Sequence[RunDirectory],
    longest_s: float | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, str]:
    """Wait until no process drives any of these runs, at most `longest_s`; return their states by id."""
    return dict(_waited(runs, None if longest_s is None else clock() + longest_s, clock, sleep))


def _waited(
    runs: Sequence[RunDirectory],
    end: float | None,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Iterator[tuple[str, str]]:
    for directory in runs:
        pause = _FIRST_S
        while (state := state_of(directory)) == LIVE and (end is None or clock() < end):
            sleep(pause if end is None else max(0.0, min(pause, end - clock())))
            pause = min(pause * _GROWTH, _LONGEST_S)
        yield directory.id, state
