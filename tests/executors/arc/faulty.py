"""A run on an ARC to which something happens, and the things that happen to it."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.executors.arc.runs import PYTHON
from tests.executors.slurm.faulty import FaultyRun
from tests.testbeds.arc import Bed

__all__ = ["ArcRun", "cutting", "kill_workers", "spoiling_python"]


class ArcRun(FaultyRun):
    """One run by `recast run --executor arc`; its driver is a process that may be killed."""

    def __init__(
        self,
        bed: Bed,
        folder: Path,
        jobs: int = 12,
        command: str = "sleep 0.3; echo {n} > {out}",
        resources: Mapping[str, Any] | None = None,
        **settings: object,
    ) -> None:
        super().__init__(bed, folder, jobs, command, resources)  # type: ignore[arg-type]
        own = {"endpoints": bed.endpoint, "proxy": bed.proxy, "ca_dir": bed.certificates, "python": PYTHON}
        quick = {"quick_poll_s": 0.3, "poll_s": 1, "timeout_s": 20}
        values = {**own, **quick, **settings}
        self.env = {name: value for name, value in self.env.items() if not name.startswith("RECAST_SLURM_")}
        self.env.update({f"RECAST_ARC_{name.upper()}": str(value) for name, value in values.items()})
        self._start = ["arc" if word == "slurm" else word for word in self._start]


def kill_workers(bed: Bed, most: int) -> int:
    """Kill some workers of jobs that run, by process id; return how many."""
    killed = 0
    for process in sorted(Path("/proc").glob("[0-9]*")):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            here = os.readlink(process / "cwd").startswith(f"{bed.folder}/sessions/")
            if here and words[:2] == [PYTHON.encode(), b"worker.pyz"] and killed < most:
                os.kill(int(process.name), signal.SIGKILL)
                killed += 1
    return killed


def spoiling_python(bed: Bed, name: str, times: int, spoil: str) -> Path:
    """Return a Python that runs the worker, and then spoils what it left, by a shell command, in the first jobs."""
    folder = bed.folder / "tmp" / name
    folder.mkdir()
    folder.chmod(0o1777)
    script = folder / "python"
    turns = " || ".join(f"mkdir {folder}/{turn} 2>/dev/null" for turn in range(times))
    script.write_text(f'#!/bin/sh\n{PYTHON} "$@"\ncode=$?\nif {turns}; then {spoil}; fi\nexit $code\n')
    script.chmod(0o755)
    return script


@contextmanager
def cutting(bed: Bed, connections: int, after_bytes: int) -> Iterator[str]:
    """Yield an endpoint that leads to the bed, but cuts its first connections off in the middle of what we send."""
    port = int(bed.endpoint.rpartition(":")[2].partition("/")[0])
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server, port, connections, after_bytes), daemon=True).start()
        yield f"https://localhost:{server.getsockname()[1]}/arex"
        server.shutdown(socket.SHUT_RDWR)


def _accept(server: socket.socket, port: int, connections: int, after_bytes: int) -> None:
    with suppress(OSError):
        while True:
            ours, _ = server.accept()
            theirs = socket.create_connection(("127.0.0.1", port))
            most = after_bytes if connections > 0 else None
            connections -= 1
            threading.Thread(target=_pump, args=(ours, theirs, most), daemon=True).start()
            threading.Thread(target=_pump, args=(theirs, ours, None), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket, most: int | None) -> None:
    sent = 0
    with suppress(OSError):
        while (most is None or sent < most) and (data := source.recv(16384)):
            sink.sendall(data)
            sent += len(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
