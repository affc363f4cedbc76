"""A run on an ARC to which something happens, and the things that happen to it."""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from tests.executors.arc.runs import PYTHON
from tests.executors.faulty import FaultyRun
from tests.processes import command, every, link
from tests.testbeds.arc import ArcBed

__all__ = ["ArcRun", "Cutting", "kill_workers"]


class ArcRun(FaultyRun):
    """One run by `recast run --executor arc`; more `settings` are the executor's."""

    def __init__(self, bed: ArcBed, folder: Path, settings: dict[str, object] | None = None, **how: Any) -> None:
        own = {"endpoints": bed.endpoint, "proxy": bed.proxy, "ca_dir": bed.certificates, "python": PYTHON}
        quick = {"quick_poll_s": 0.3, "poll_s": 1, "timeout_s": 20}
        super().__init__(folder, "arc", {**own, **quick, **(settings or {})}, **{"jobs": 12, **how})


def kill_workers(bed: ArcBed, most: int) -> int:
    """Kill some workers of jobs that run, by process id; return how many."""
    killed = 0
    for pid in every():
        here = link(pid, "cwd").startswith(f"{bed.folder}/sessions/")
        if here and command(pid)[:2] == [PYTHON, "worker.pyz"] and killed < most:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
    return killed


class Cutting:
    """A way to the bed that cuts its first connections off in the middle of what we send. `cuts` counts them."""

    def __init__(self, bed: ArcBed, connections: int, after_bytes: int) -> None:
        self._port = int(bed.endpoint.rpartition(":")[2].partition("/")[0])
        self._after_bytes = after_bytes
        self._left = connections
        self._threads: list[threading.Thread] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.cuts = 0
        self.endpoint = f"https://localhost:{self._server.getsockname()[1]}/arex"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._server.close()

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        self._threads.append(threading.Thread(target=target, args=arguments, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                ours, _ = self._server.accept()
                self._start(self._carry, ours)

    def _carry(self, ours: socket.socket) -> None:
        """Carry what comes to the bed and its answers back, until either side ends or the connection is cut."""
        self._left -= 1
        left_bytes = self._after_bytes if self._left >= 0 else 1 << 60
        with ours, socket.create_connection(("127.0.0.1", self._port)) as theirs, suppress(OSError):
            others = {ours: theirs, theirs: ours}
            while left_bytes > 0:
                for ready in select.select([ours, theirs], [], [])[0]:
                    data = ready.recv(16384)
                    if not data:
                        return
                    others[ready].sendall(data)
                    left_bytes -= len(data) if ready is ours else 0
            self.cuts += 1
