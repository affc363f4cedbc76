"""The child processes of a dispatcher, one for each run, and those that an earlier dispatcher left behind.

A child is a session of its own: what kills the dispatcher does not kill it. Its messages go to a file.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from recast.dispatch.order import ChildOrder
from recast.dispatch.settings import DispatchSettings
from recast.journal import RunLock
from recast.ledger import Ledger, LedgerUnavailable
from recast.ledger.runs import NotedRun
from recast.ledger.work import Lease
from recast.rundir import RunDirectory

__all__ = ["Children"]

_CANCEL_AGAIN_S, _LOOK_S = 5.0, 0.02


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
        self._asked: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._children)

    @property
    def room(self) -> int:
        """How many more runs may be driven now, those of an earlier dispatcher counted."""
        others = sum(pid not in self._children for _, pid in self.driven())
        return self._settings.most_runs - len(self._children) - others

    def start(self, lease: Lease) -> None:
        """Start a process for some work."""
        self._logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        command = [sys.executable, "-m", "recast.dispatch.child"]
        with (self._logs / f"work-{lease.id}.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True, close_fds=True
            )
        assert process.stdin is not None
        try:
            with process.stdin as order:
                order.write(ChildOrder(self._database, lease, self._settings).as_text().encode() + b"\n")
        except BrokenPipeError:
            pass  # it has ended, which `reap` will tell
        self._children[process.pid] = _Child(process, lease)
        self._say(f"work {lease.id} of request {lease.request}: process {process.pid}")

    def reap(self) -> None:
        """Forget the processes that have ended. Work that one has not given back is free when its lease is over."""
        for pid, child in list(self._children.items()):
            code = child.process.poll()
            if code is not None:
                del self._children[pid]
                self._say(f"work {child.lease.id}: its process ended with {code}")

    def driven(self) -> list[tuple[NotedRun, int]]:
        """Return the runs that some process drives now, with its id, whoever has started it."""
        return list(self._driven())

    def _driven(self) -> Iterator[tuple[NotedRun, int]]:
        for run in self._ledger.runs.unfinished():
            if run.folder and (pid := RunLock(RunDirectory(Path(run.folder)).lock).holder()) is not None:
                yield run, pid

    def carry_out_wishes(self) -> None:
        """Tell the drivers of runs that somebody wishes to cancel; again after a while, if they have not heard."""
        now = time.monotonic()
        for run, pid in self.driven():
            if run.cancel_wished_by and now >= self._asked.get(pid, 0.0):
                self._asked[pid] = now + _CANCEL_AGAIN_S
                self._say(f"run {run.id}: process {pid} is asked to cancel")
                _signal(pid, signal.SIGUSR1)

    def end(self, longest_s: float) -> None:
        """End all drivers, ours and those of an earlier dispatcher: they leave in order, or are killed in the end.

        Their runs go on with the next dispatcher.
        """
        give_up_at = time.monotonic() + longest_s
        ours = [child.process for child in self._children.values()]
        others = self._others()
        for pid in (*self._children, *others):
            _signal(pid, signal.SIGTERM)
        while time.monotonic() < give_up_at and any(it.poll() is None for it in ours) | any(map(_is_there, others)):
            time.sleep(_LOOK_S)
        for pid in (*(it.pid for it in ours if it.poll() is None), *filter(_is_there, others)):
            self._say(f"process {pid} did not leave in time")
            _signal(pid, signal.SIGKILL)
        for process in ours:
            process.wait()
        self._children.clear()

    def _others(self) -> list[int]:
        """Return the drivers that an earlier dispatcher has left; none while the ledger cannot be asked."""
        try:
            return [pid for _, pid in self.driven() if pid not in self._children]
        except LedgerUnavailable:
            return []


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _is_there(pid: int) -> bool:
    """Return whether a process runs that is not our child."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
