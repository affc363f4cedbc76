"""The worker as a process of the driver: its socket for tasks, its pipe of events, its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

from recast.executors.prestart import spawn_worker, take_early
from recast.json_types import JsonDict

__all__ = ["WorkerProcess"]

_MAX_MESSAGE_BYTES = 48 << 10
_READ_BYTES = 1 << 20
_PAUSE_S = 0.01
_CLOSE_S = 30.0


class WorkerProcess:
    """One `worker serve` with `slots` slots.

    `heard` is called with all events that arrived at one wake-up, and returns whether the next ones may be batched:
    each wake-up takes CPU time from a slot. `ended` is awaited if the process ends without being closed.
    """

    def __init__(
        self,
        folder: Path,
        slots: int,
        heard: Callable[[list[JsonDict]], bool],
        ended: Callable[[int], Awaitable[None]],
    ) -> None:
        self._folder = folder
        self._slots = slots
        self._heard = heard
        self._ended = ended
        self._process: subprocess.Popen[bytes] | None = None
        self._tasks: socket.socket | None = None
        self._unread = b""
        self._watch: asyncio.Task[None] | None = None
        self._pause: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int:
        """Return the process id; 0 before the start."""
        return self._process.pid if self._process else 0

    async def start(self) -> None:
        """Start the process, or use the one that was started early; raise ExecutorError if that fails."""
        self._process, ours = take_early() or spawn_worker(self._folder)
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it is gone; `ended` will be called
            os.write(self._process.stdin.fileno(), json.dumps({"slots": self._slots}).encode() + b"\n")
        self._tasks = ours
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._listen()
        self._watch = asyncio.create_task(self._wait())

    def send(self, task: JsonDict, spill: str) -> bool:
        """Send one task, through the file `spill` if it is too long for a message.

        Returns False if there is no room now (there will be after the next event), or the worker is gone.
        """
        if self._tasks is None:
            return False
        message = json.dumps(task).encode()
        if len(message) > _MAX_MESSAGE_BYTES:
            Path(spill).write_bytes(message)
            message = json.dumps({"file": spill}).encode()
        try:
            self._tasks.send(message)
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            return False
        return True

    def cancel(self, job_ids: list[str]) -> None:
        """Tell the worker to end jobs; each comes back as an event."""
        assert self._process is not None and self._process.stdin is not None
        lines = b"".join(json.dumps({"cancel": job_id}).encode() + b"\n" for job_id in job_ids)
        try:
            os.write(self._process.stdin.fileno(), lines)
        except BrokenPipeError:
            return  # it is gone; `ended` will be called

    def _listen(self) -> None:
        """Wake up at the next event."""
        assert self._process is not None and self._process.stdout is not None
        self._pause = None
        asyncio.get_running_loop().add_reader(self._process.stdout.fileno(), self._read)

    def _be_deaf(self, seconds: float | None) -> None:
        """Leave events in the pipe for some seconds, or permanently."""
        assert self._process is not None and self._process.stdout is not None
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._process.stdout.fileno())
        if self._pause is not None:
            self._pause.cancel()
        self._pause = None if seconds is None else loop.call_later(seconds, self._listen)

    def _read(self) -> None:
        """Read everything available, complete lines only."""
        assert self._process is not None and self._process.stdout is not None
        try:
            data = os.read(self._process.stdout.fileno(), _READ_BYTES)
        except BlockingIOError:
            return
        if not data:
            self._be_deaf(None)
            return
        *lines, self._unread = (self._unread + data).split(b"\n")
        if lines and self._heard([json.loads(line) for line in lines]):
            self._be_deaf(_PAUSE_S)

    async def _wait(self) -> None:
        code = await self._gone()
        self._let_go()
        await self._ended(code)

    async def _gone(self) -> int:
        """Wait for the end of the process without a thread."""
        assert self._process is not None
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        try:
            fd = os.pidfd_open(self._process.pid)
        except OSError:
            return await asyncio.to_thread(self._process.wait)
        loop.add_reader(fd, done.set)
        try:
            await done.wait()
        finally:
            loop.remove_reader(fd)
            os.close(fd)
        return self._process.wait()

    def _let_go(self) -> None:
        """Close our ends of socket and pipe; remaining slots see the end of the tasks."""
        assert self._process is not None and self._process.stdout is not None and self._process.stdin is not None
        if self._tasks is not None:
            self._read()
            self._tasks.close()
            self._tasks = None
        self._be_deaf(None)
        self._process.stdout.close()
        self._process.stdin.close()

    async def close(self) -> None:
        """End the process, which ends its payloads; wait until it is gone."""
        if self._process is None:
            return
        if self._watch is not None:
            self._watch.cancel()
        assert self._process.stdin is not None
        if self._tasks is not None:
            self._tasks.close()  # idle slots end by themselves at the end of the tasks, which is faster
            self._tasks = None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._gone(), _CLOSE_S)
        except TimeoutError:
            self._process.kill()
            self._process.wait()
        self._let_go()
