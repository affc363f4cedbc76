"""The supervisor: keeps the slots alive and makes sure that nothing outlives it.

Tasks go from the driver straight to whichever slot is free (one socket, one message a task), events straight from
the slots to the driver. The supervisor is only awake for cancels, deaths and the end, so a job does not pay for it.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time

from recast.worker.limits.cgroup import lift_cpu, sweep
from recast.worker.limits.hierarchy import take_hierarchy
from recast.worker.processes import proctree
from recast.worker.processes.turns import Turns, extra_slots
from recast.worker.slot import CELL_BYTES, TURN, TURN_AT, Slot, become_runner, last_word, shared_cells

__all__ = ["Supervisor", "serve"]

_STDIN = 0
_EVENTS = 1
_END_S = 20.0
_LOOK_MS = 1000
_MOST_OVERDUE = 200


def serve(tasks: int) -> int:
    """Run tasks from the socket `tasks` until stdin ends, SIGTERM, or our parent's death.

    The first line on stdin says how many at once: `{"slots": 2}`. So a driver can start us before it knows.
    """
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(_STDIN, 1)
        if not byte:
            return 0  # we are not needed after all
        line += byte
    return Supervisor(int(json.loads(line)["slots"]), tasks).run()


class Supervisor:
    """The parent of the slots. Reads `{"cancel": job_id}` lines on stdin; events go to stdout."""

    def __init__(self, slots: int, tasks: int) -> None:
        # The slots have it by fork; no payload may read other jobs' tasks from it.
        os.set_inheritable(tasks, False)
        self._tasks = tasks
        self._turns = Turns(slots)
        slots += extra_slots(slots)
        self._cells = shared_cells(slots)
        self._hierarchy = take_hierarchy(may_ask=True)
        self._controls = [os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK) for _ in range(slots)]
        self._slots: dict[int, int] = {}  # pid -> number
        self._unread = b""

    def run(self) -> int:
        """Supervise; return the exit code."""
        become_runner()
        awake, bell = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
        for signum in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(signum, lambda *_: None)
        sweep(self._hierarchy)
        for number in range(len(self._controls)):
            self._start(number)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD, signal.SIGTERM})
        poll = select.poll()
        poll.register(_STDIN, select.POLLIN)
        poll.register(awake, select.POLLIN)
        going = True
        try:
            while going:
                self._end_overdue()
                for fd, _ in poll.poll(_LOOK_MS):
                    going = (self._heard(os.read(awake, 512)) if fd == awake else self._read()) and going
        except BrokenPipeError:
            last_word("nobody listens any more: what runs is ended")
            return 1
        finally:
            self._end()
        return 0

    def _start(self, number: int) -> None:
        """Fork a slot: it shares our modules, so it is there in a millisecond."""
        pid = os.fork()
        if pid:
            self._slots[pid] = number
            return
        code = 1
        try:
            parent = os.getppid()
            signal.set_wakeup_fd(-1)
            become_runner()
            proctree.die_with_parent(signal.SIGTERM)
            if os.getppid() == parent:
                cell = self._cells[number * CELL_BYTES : (number + 1) * CELL_BYTES]
                Slot(self._tasks, self._controls[number][0], _EVENTS, cell, self._hierarchy, self._turns).run()
                code = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(code)

    def _read(self) -> bool:
        data = os.read(_STDIN, 65536)
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            self._cancel(json.loads(line)["cancel"])
        return bool(data)

    def _cancel(self, job_id: str) -> None:
        """Tell every slot: the one that has the job, now or next, ends it."""
        for pid, number in self._slots.items():
            os.write(self._controls[number][1], job_id.encode() + b"\n")
            os.kill(pid, signal.SIGUSR1)

    def _heard(self, signals: bytes) -> bool:
        if signal.SIGTERM in signals:
            return False
        for number in self._bury():
            cell = self._cells[number * CELL_BYTES : (number + 1) * CELL_BYTES]
            job_id = bytes(cell[:TURN_AT]).rstrip(b"\0").decode()
            self._kill_orphans()
            if not job_id:
                return False  # it ended of its own accord: the tasks' socket is closed
            os.write(_EVENTS, json.dumps({"lost": job_id, "reason": "the worker's slot was killed"}).encode() + b"\n")
            if TURN.unpack_from(cell, TURN_AT)[0]:
                self._turns.give()
            cell[:] = bytes(CELL_BYTES)
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, signal.SIGTERM})
            self._start(number)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD, signal.SIGTERM})
        return True

    def _end_overdue(self) -> None:
        """Kill payloads whose slot should have ended them long ago, and was kept from it: they share limits."""
        for pid, number in self._slots.items():
            until = TURN.unpack_from(self._cells, number * CELL_BYTES + TURN_AT)[0]
            if until and time.monotonic() > until:
                lift_cpu(self._hierarchy, pid)
                proctree.kill_all(proctree.nearest(pid, _MOST_OVERDUE))

    def _bury(self) -> list[int]:
        """Reap the dead; return the numbers of slots among them."""
        died: list[int] = []
        while True:
            try:
                pid = os.waitpid(-1, os.WNOHANG)[0]
            except ChildProcessError:
                return died
            if pid == 0:
                return died
            if pid in self._slots:
                died.append(self._slots.pop(pid))

    def _kill_orphans(self) -> None:
        """Kill what a dead slot left to us, until it is gone: all that descends from us and from no living slot."""
        give_up_at = time.monotonic() + _END_S
        while time.monotonic() < give_up_at:
            ours = proctree.descendants([os.getpid()])
            orphans = ours - set(self._slots) - proctree.descendants(self._slots)
            if not orphans:
                return
            proctree.kill_all(orphans)
            for pid in orphans:
                self._reap(pid)
            time.sleep(0.002)

    def _reap(self, pid: int) -> None:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            return  # a child of a child, still

    def _end(self) -> None:
        """End the slots, which end their payloads; whatever is left after a while is killed."""
        for pid in self._slots:
            lift_cpu(self._hierarchy, pid)
        proctree.kill_all(self._slots, signal.SIGTERM)
        for _, write in self._controls:
            os.close(write)
        give_up_at = time.monotonic() + _END_S
        while self._slots and time.monotonic() < give_up_at:
            proctree.kill_all(self._idle())
            self._bury()
            time.sleep(0.001)
        while left := proctree.descendants([os.getpid()]):
            proctree.kill_all(left)
            self._bury()
            time.sleep(0.005)
        sweep(self._hierarchy)

    def _idle(self) -> list[int]:
        """Return the slots that wait for a task: SIGTERM is blocked there, and they have nothing to end."""
        return [pid for pid, n in self._slots.items() if not any(self._cells[n * CELL_BYTES : (n + 1) * CELL_BYTES])]
