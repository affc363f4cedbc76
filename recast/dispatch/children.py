"""The child processes of a dispatcher, one for each run, and those that an earlier dispatcher left behind.

A child is a session of its own: what kills the dispatcher does not kill it. Its messages go to a file. One child waits
for an order with all modules imported, which takes as long as the first step of many runs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from recast.dispatch.order import ENDED, LEFT, LOST, ChildOrder
from recast.dispatch.owners import is_here, is_living, is_process
from recast.dispatch.settings import DispatchSettings
from recast.journal import RunLock
from recast.ledger import LeaseLost, Ledger
from recast.ledger.runs import NotedRun
from recast.ledger.work import Lease
from recast.rundir import RunDirectory

__all__ = ["Children"]

_CANCEL_AGAIN_S, _LOOK_S, _LONGEST_WAIT_S = 5.0, 0.02, 60.0


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    lease: Lease


class Children:
    """The processes that drive runs. `say` gets the messages about them."""

    def __init__(
        self, database: str, settings: DispatchSettings, ledger: Ledger, logs: Path, say: Callable[[str], None]
    ) -> None:
        self._database, self._settings, self._ledger, self._logs, self._say = database, settings, ledger, logs, say
        self._children: dict[int, _Child] = {}
        self._waiting: subprocess.Popen[bytes] | None = None
        self._asked: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._children)

    @property
    def work(self) -> list[int]:
        """The work that a living child has: nobody else is to have it, however long the child is silent."""
        return [it.lease.id for it in self._children.values()]

    @property
    def room(self) -> int:
        """How many more runs may be driven now, those that an earlier dispatcher has left counted."""
        return self._settings.most_runs - len(self._children) - len(self._left())

    def be_ready(self) -> None:
        """Have a process that waits for work, if there is none."""
        if self._waiting is None or self._waiting.poll() is not None:
            self._waiting = self._process()

    def start(self, lease: Lease) -> None:
        """Give some work to the process that waits, or to a new one."""
        waiting, self._waiting = self._waiting, None
        process = self._process() if waiting is None or waiting.poll() is not None else waiting
        assert process.stdin is not None
        log = str(self._logs / f"work-{lease.id}.log")
        try:
            with process.stdin as order:
                order.write(ChildOrder(self._database, lease, self._settings, log).as_text().encode() + b"\n")
        except BrokenPipeError:
            pass  # it has ended, which `reap` will tell
        self._children[process.pid] = _Child(process, lease)
        self._say(f"work {lease.id} of request {lease.request}: process {process.pid}")

    def _process(self) -> subprocess.Popen[bytes]:
        """Start a process that waits for its order, and ends if its dispatcher does before."""
        self._logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        command = [sys.executable, "-m", "recast.dispatch.child"]
        with (self._logs / "waiting.log").open("ab") as log:
            return subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True, close_fds=True
            )

    def reap(self) -> None:
        """Forget the processes that have ended. Work of which one said nothing is free again after a while; when its
        lease is over, if that cannot be written.
        """
        for pid, child in list(self._children.items()):
            code = child.process.poll()
            if code is not None:
                del self._children[pid]
                self._say(f"work {child.lease.id}: its process ended with {code}")
                if code not in (ENDED, LEFT, LOST):
                    self._give_back(child.lease)

    def _give_back(self, lease: Lease) -> None:
        with suppress(LeaseLost):  # it was done, or somebody has it
            self._ledger.work.died(lease, min(2.0**lease.silent_ends, _LONGEST_WAIT_S))

    def driven(self) -> list[tuple[NotedRun, int]]:
        """Return the runs that some process of this machine drives now, with its id, whoever has started it."""
        return list(self._driven())

    def _driven(self) -> Iterator[tuple[NotedRun, int]]:
        for run in self._ledger.runs.unfinished():
            if run.folder and is_here(run.owner):  # in a folder that machines share, a lock may be of another one
                pid = self._driver(run)
                if pid is not None:
                    yield run, pid

    def _driver(self, run: NotedRun) -> int | None:
        try:
            return RunLock(RunDirectory(Path(run.folder)).lock).holder()
        except OSError as problem:  # of a file system that has no locks now; the other runs go on
            self._say(f"run {run.id}: who drives it cannot be asked: {problem}")
            return None

    def _left(self) -> list[int]:
        """Return the drivers that a dispatcher has left which is gone."""
        return [pid for run, pid in self.driven() if pid not in self._children and not is_living(run.owner)]

    def carry_out_wishes(self) -> None:
        """Tell the drivers of runs that somebody wishes to cancel; again after a while, if they have not heard."""
        now = time.monotonic()
        for run, pid in self.driven():
            if run.cancel_wished_by and now >= self._asked.get(pid, 0.0):
                self._asked[pid] = now + _CANCEL_AGAIN_S
                self._say(f"run {run.id}: process {pid} is asked to cancel")
                _signal(pid, signal.SIGUSR1)

    def end(self, longest_s: float) -> None:
        """End all drivers, ours and those of a dispatcher that is gone: they leave in order, or are killed in the end.

        Their runs go on with the next dispatcher.
        """
        give_up_at = time.monotonic() + longest_s
        if self._waiting is not None:  # it has done nothing yet
            self._waiting.kill()
            self._waiting.communicate()
        ours = [child.process for child in self._children.values()]
        for pid in self._children:
            _signal(pid, signal.SIGTERM)
        others = [pid for pid in self._others() if _signal(pid, signal.SIGTERM)]
        while time.monotonic() < give_up_at and any(it.poll() is None for it in ours) | any(map(is_process, others)):
            time.sleep(_LOOK_S)
        for pid in (*(it.pid for it in ours if it.poll() is None), *filter(is_process, others)):
            self._say(f"process {pid} did not leave in time")
            _signal(pid, signal.SIGKILL)
        for process in ours:
            process.wait()
        self._children.clear()

    def _others(self) -> list[int]:
        """Return the drivers that an earlier dispatcher has left; none while that cannot be asked."""
        try:
            return self._left()
        except Exception as problem:
            self._say(f"who drives which run cannot be asked: {problem}")
            return []


def _signal(pid: int, number: int) -> bool:
    """Send a signal; return False if there is no such process, or it is somebody else's."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
