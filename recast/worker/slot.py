"""A slot: one process that runs attempts one after another.

Single-threaded, and the adopter of all orphans below it. So every child it has belongs to the attempt at hand, and
nothing of an attempt can outlive it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import mmap
import os
import signal
import struct

from recast.worker.attempt import Attempt
from recast.worker.failure import Stopped
from recast.worker.json_types import JsonDict
from recast.worker.limits.cgroup import Group
from recast.worker.limits.hierarchy import Hierarchy
from recast.worker.limits.place import Lack
from recast.worker.limits.unheld import in_words
from recast.worker.processes import proctree
from recast.worker.processes.process import SIGNALS
from recast.worker.processes.turns import Turn, Turns

__all__ = [
    "CELL_BYTES",
    "MAX_TASK_BYTES",
    "TURN",
    "TURN_AT",
    "Slot",
    "become_runner",
    "last_word",
    "say_unheld",
    "shared_cells",
]

CELL_BYTES = 256
"""Room for one job id in the table that slots and supervisor share."""

TURN = struct.Struct("d")
TURN_AT = CELL_BYTES - TURN.size

MAX_TASK_BYTES = 1 << 16
_ATOMIC_BYTES = 4096
_CONTROL_BYTES = 1 << 16


def last_word(text: str) -> None:
    """Leave one line where messages go; that may be gone as well."""
    with contextlib.suppress(OSError):
        os.write(2, f"recast worker: {text}\n".encode(errors="replace"))


def say_unheld(names: list[str], lack: Lack | None) -> None:
    """Leave word of limits that the kernel does not hold, where messages go."""
    for line in in_words(names, lack.why, lack.next_step) if lack is not None else ():
        last_word(line)


def become_runner() -> None:
    """Make this process fit to run payloads: its signals wait for it, and orphans come to it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    proctree.adopt_orphans()


class Slot:
    """Takes tasks (one message each) from `tasks`, cancels (one job id a line) from `control`, tells `events`.

    `cell` is where the supervisor sees which job is at hand and, at `TURN_AT`, when the slot's turn must be over: in
    case the slot itself is killed, or kept from running.
    """

    def __init__(
        self, tasks: int, control: int, events: int, cell: memoryview, hierarchy: Hierarchy, turns: Turns
    ) -> None:
        self._turn = Turn(turns, self._mark_turn)
        self._tasks = tasks
        self._control = control
        self._events = events
        self._cell = cell
        self._group = Group(hierarchy)
        self._cancelled: set[str] = set()
        self._has_told_unheld = False

    def run(self) -> None:
        """Run tasks until there are no more, or until told to stop."""
        gc.freeze()
        try:
            self._run()
        finally:
            self._group.remove()

    def _run(self) -> None:
        while message := os.read(self._tasks, MAX_TASK_BYTES):
            task = _task(message)
            job_id: str = task["job"]["job_id"]
            self._mark(job_id)
            try:
                outcome = self._attempt(task, job_id)
                self._tell({"done": job_id, "outcome": outcome})
            except Stopped:
                return
            except BrokenPipeError:
                last_word(f"nobody listens any more: what became of {job_id} is in its folder, if it ended")
                return
            self._mark("")

    def _attempt(self, task: JsonDict, job_id: str) -> JsonDict:
        def is_cancelled() -> bool:
            self._listen()
            return job_id in self._cancelled

        def still_running(pid: int) -> None:
            if job_id not in told:
                told.add(job_id)
                self._tell({"started": job_id, "pid": pid})

        told: set[str] = set()
        attempt = Attempt(task, self._group, is_cancelled, self._turn, is_told=True, tell_unheld=self._tell_unheld)
        return attempt.run(still_running)

    def _tell_unheld(self, names: list[str]) -> None:
        """Say, once, which limits the kernel does not hold here, why, and what to type."""
        lack = self._group.lack
        if lack is not None and not self._has_told_unheld:
            self._has_told_unheld = True
            self._tell({"unheld": names, "why": lack.why, "next_step": lack.next_step})

    def _listen(self) -> None:
        try:
            heard = os.read(self._control, _CONTROL_BYTES)
        except BlockingIOError:
            return
        self._cancelled.update(heard.decode().split())

    def _mark(self, job_id: str) -> None:
        self._cell[:TURN_AT] = job_id.encode().ljust(TURN_AT, b"\0")

    def _mark_turn(self, until: float) -> None:
        TURN.pack_into(self._cell, TURN_AT, until)

    def _tell(self, event: JsonDict) -> None:
        """Write one line. Several slots write to one pipe: short lines are whole, a long outcome stays in its file."""
        line = json.dumps(event).encode() + b"\n"
        if len(line) > _ATOMIC_BYTES:
            line = json.dumps({"done": event["done"], "outcome": None}).encode() + b"\n"
        os.write(self._events, line)


def _task(message: bytes) -> JsonDict:
    task: JsonDict = json.loads(message)
    if "file" in task:
        with open(task["file"], "rb") as file:
            path, task = task["file"], json.load(file)
        os.unlink(path)
    return task


def shared_cells(count: int) -> memoryview:
    """Return memory that forked processes share, `CELL_BYTES` for each of `count` slots."""
    return memoryview(mmap.mmap(-1, count * CELL_BYTES))
