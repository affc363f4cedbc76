"""Servers of the benchmark: `recast serve` and datasette, each a process that is started, asked and ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from benchmarks.measure import Failed
from benchmarks.place import PYTHON, ROOT

__all__ = ["Server", "datasette", "recast_serve"]

_READY_S = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")
_DATASETTE = ROOT / ".venv-desk-judges/bin/datasette"


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers on loopback; `ready_s` is how long it took until it did."""

    port: int
    process: subprocess.Popen[bytes]
    ready_s: float

    @property
    def cpu_s(self) -> float:
        """The processor time of the server and its children so far."""
        return sum(map(_cpu_s, _family(self.process.pid)))

    @property
    def web(self) -> list[int]:
        """The processes of the server, its own and those below it."""
        return _family(self.process.pid)

    def get(self, path: str) -> bytes:
        """Return what a path answers; raise Failed if it is an error."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
                content: bytes = answer.read()
                return content
        except OSError as problem:
            raise Failed(f"{path}: {problem}") from problem


@contextmanager
def recast_serve(database: str, env: dict[str, str], folder: Path) -> Iterator[Server]:
    """Serve a ledger, without a dispatcher."""
    port = _free_port()
    command = [PYTHON, "-m", "recast", "serve", "--port", str(port), "--no-dispatch", "--database", database]
    with _started(command, env, folder, port, "/readyz") as server:
        yield server


@contextmanager
def datasette(file: Path, folder: Path) -> Iterator[Server]:
    """Serve the same rows with datasette, without its limits on time."""
    port = _free_port()
    limits = ["--setting", "sql_time_limit_ms", "60000", "--setting", "facet_time_limit_ms", "60000"]
    command = [str(_DATASETTE), "serve", str(file), "--port", str(port), *limits]
    with _started(command, {}, folder, port, "/-/versions.json") as server:
        yield server


@contextmanager
def _started(command: Sequence[str], env: dict[str, str], folder: Path, port: int, ready: str) -> Iterator[Server]:
    start = time.perf_counter()
    with (folder / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **env}, stdout=log, stderr=log, start_new_session=True, cwd=folder
        )
    try:
        server = Server(port, process, 0.0)
        while not _answers(server, ready):
            if process.poll() is not None or time.perf_counter() - start > _READY_S:
                raise Failed(f"{command[0]}: {(folder / f'{port}.log').read_text(errors='replace')[-1500:]}")
            time.sleep(0.01)
        yield Server(port, process, time.perf_counter() - start)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(server: Server, path: str) -> bool:
    try:
        server.get(path)
    except Failed:
        return False
    return True


def _family(pid: int) -> list[int]:
    """Return a process and all below it."""
    found = [pid]
    for parent in found:
        with suppress(OSError):
            found += map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
    return found


def _cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
