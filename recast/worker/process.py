"""Run one payload, hold it to its limits, and leave nothing of it behind.

All waiting is `sigtimedwait`: one call hears of the payload's end, of a cancel (SIGUSR1), of the worker's own end
(SIGTERM) and of the clock. No thread, no polling.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any

from recast.worker import proctree
from recast.worker.cgroup import PIDS_MAX
from recast.worker.failure import Stopped
from recast.worker.memoryfiles import memory_files_bytes
from recast.worker.payload import Payload
from recast.worker.spawn import start

__all__ = ["OVERTIME_S", "SIGNALS", "End", "Process"]

SIGNALS = frozenset({signal.SIGCHLD, signal.SIGUSR1, signal.SIGTERM})
"""Blocked in a process that runs payloads; they are taken by `sigtimedwait`."""

OVERTIME_S = 8.0
"""After walltime and grace somebody else ends the payload: a fork bomb can keep us from running at all."""
_GRACE_S = 5.0
_MOST_ASKED = 200
"""Processes that are asked to end before all are killed: a well-behaved payload has fewer."""
_FIRST_LOOK_S = 0.05
_LOOK_S = 0.25
_LOOK_AT_KILLS_S = 1.0
_AGAIN_S = 0.5
_PATIENCE_S = {"all": 0.0, "inside": 0.2, "client": 3.0}
_SPARE_ADDRESSES_BYTES = 4 << 30


class End:
    """How a payload ended: `exit_code` or `signal`; `stopped_by` is walltime, memory, processes, cancelled or empty."""

    __slots__ = ("cpu_s", "exit_code", "peak_memory_bytes", "signal", "stopped_by")

    def __init__(self, status: int, peak_bytes: int, cpu_s: float, stopped_by: str) -> None:
        self.exit_code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
        self.signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        self.cpu_s = cpu_s
        # The kernel counts the spawning process' own size as the child's until exec: a floor of some 10 MB.
        self.peak_memory_bytes = peak_bytes
        self.stopped_by = stopped_by

    @property
    def code(self) -> int:
        """Return the exit code as a shell would tell it: 128 and the number of the signal for one that was killed."""
        return 128 + self.signal if self.signal else self.exit_code or 0


class Process:
    """One payload in its own session, with everything that descends from it.

    `term` says who is asked to end first: `all` descendants, those `inside` a container but not its outermost
    process, or only the `client` of a container engine, which passes it on.
    `watch_memory`: no control group holds the limit, so the sizes in /proc are watched. `is_out_of_memory` tells where
    one does whether the kernel has killed any of it: what is left then is in vain.
    """

    def __init__(
        self,
        resources: Mapping[str, Any],
        *,
        term: str,
        watch_memory: bool,
        is_cancelled: Callable[[], bool],
        is_out_of_memory: Callable[[], bool] | None = None,
    ) -> None:
        self._is_out_of_memory = is_out_of_memory
        self._resources = resources
        self._term = term
        self._watch_memory = watch_memory
        self._is_cancelled = is_cancelled
        self._stopped_by = ""
        self._peak_bytes = 0
        self._cpu_s = 0.0
        self._pid = 0

    def spawn(self, payload: Payload, log: str, status_fd: int | None) -> None:
        """Start the payload; `status_fd` becomes its file descriptor 3."""
        file_bytes = self._resources["disk_mb"] * 1_000_000
        address_bytes = None
        if self._watch_memory:
            # Far above the memory: programs reserve much that they never touch.
            address_bytes = 2 * self._resources["memory_mb"] * 1_000_000 + _SPARE_ADDRESSES_BYTES
        self._pid = start(payload, log, status_fd, file_bytes, address_bytes)

    def wait(self, still_running: Callable[[int], None]) -> End:
        """Wait for the end and return it. `still_running(pid)` is called once if it takes longer than a moment.

        Raises Stopped, with all processes gone, when the worker itself is told to end.
        """
        started = time.monotonic()
        walltime_at: float = started + self._resources["walltime_s"]
        look_at: float | None = started + _FIRST_LOOK_S
        kill_at: float | None = None
        ended = self._reap()
        while ended is None:
            now = time.monotonic()
            if kill_at is None and (self._stopped_by or now >= walltime_at):
                self._stopped_by = self._stopped_by or "walltime"
                kill_at, look_at = now + _GRACE_S, None
                self._ask_to_end()
            elif kill_at is not None and now >= kill_at:
                # First what takes a container and all its processes with it; a look at each may take long.
                proctree.kill_all([self._pid])
                proctree.kill_all(proctree.descendants([os.getpid()]))
                kill_at = now + _AGAIN_S
            elif look_at is not None and now >= look_at:
                still_running(self._pid)
                look_at = self._look(now)
            next_at = min(at for at in (walltime_at if kill_at is None else kill_at, look_at) if at is not None)
            self._sleep_until(next_at)
            ended = self._reap()
        if not self._stopped_by and os.WIFSIGNALED(ended) and time.monotonic() >= walltime_at + _GRACE_S:
            self._stopped_by = "walltime"  # the supervisor ended it
        # A container's first process, or an engine's monitor, ends by itself a moment after its client.
        is_natural = not self._stopped_by and os.WIFEXITED(ended)
        self._end_leftovers(_PATIENCE_S[self._term] if is_natural else 0.0)
        return End(ended, self._peak_bytes, self._cpu_s, self._stopped_by)

    def _sleep_until(self, at: float) -> None:
        heard = signal.sigtimedwait(SIGNALS, max(0.0, at - time.monotonic()))
        if heard is None:
            return
        if heard.si_signo == signal.SIGUSR1 and self._is_cancelled():
            self._stopped_by = "cancelled"
        if heard.si_signo == signal.SIGTERM:
            self.give_up()
            raise Stopped

    def give_up(self) -> None:
        """Kill everything that descends from us, and wait until it is gone."""
        proctree.kill_all(proctree.descendants([os.getpid()]))
        self._end_leftovers()

    def _look(self, now: float) -> float | None:
        """Look at the memory of the tree; return when to look again, None for never."""
        if not self._watch_memory:
            return self._look_at_kills(now)
        limit_bytes = self._resources["memory_mb"] * 1_000_000
        everyone = proctree.descendants([os.getpid()])
        used_bytes = proctree.memory_bytes(everyone, limit_bytes, memory_files_bytes(everyone))
        self._peak_bytes = max(self._peak_bytes, used_bytes)
        if used_bytes > limit_bytes or len(everyone) > PIDS_MAX:
            self._stopped_by = "memory" if used_bytes > limit_bytes else "processes"
            proctree.kill_all(everyone)
        return now + _LOOK_S

    def _look_at_kills(self, now: float) -> float | None:
        if self._is_out_of_memory is None:
            return None
        if self._is_out_of_memory():
            self._stopped_by = "memory"
            proctree.kill_all([self._pid])
            proctree.kill_all(proctree.descendants([os.getpid()]))
        return now + _LOOK_AT_KILLS_S

    def _ask_to_end(self) -> None:
        if self._term == "client":
            proctree.kill_all([self._pid], signal.SIGTERM)
            return
        asked = proctree.nearest(os.getpid(), _MOST_ASKED)
        if self._term == "inside" and self._pid in asked:
            asked.remove(self._pid)
        proctree.kill_all(asked, signal.SIGTERM)

    def _reap(self) -> int | None:
        """Bury the dead, also orphans that became ours. Return the payload's wait status if it is among them."""
        ended = None
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return ended
            if pid == 0:
                return ended
            self._cpu_s += usage.ru_utime + usage.ru_stime
            self._peak_bytes = max(self._peak_bytes, usage.ru_maxrss * 1024)
            if pid == self._pid:
                ended = status

    def _end_leftovers(self, patience_s: float = 0.0) -> None:
        """Kill what the payload left running, whatever session it fled to: every child we have is of it."""
        kill_at = time.monotonic() + patience_s if patience_s else 0.0
        while self._reap() is not None or _has_children():
            if time.monotonic() >= kill_at:
                proctree.kill_all(proctree.descendants([os.getpid()]))
            signal.sigtimedwait({signal.SIGCHLD}, 0.05)


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
