"""A small batch system of subprocesses: on a shared disk, or each job in a folder of its own with what came along."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from recast.errors import ExecutorError
from recast.executors.batch import Array, EngineState, Sighting, Traits, Watched


@dataclass
class Nodes:
    """The system itself: it outlives the engines that talk to it, as a real one does."""

    folder: Path
    slots: int = 2
    shared: bool = True
    shows_stdout: bool = False
    by_name: bool = False
    arrays: dict[str, Array] = field(default_factory=dict)
    waiting: deque[tuple[str, int]] = field(default_factory=deque)
    running: dict[tuple[str, int], subprocess.Popen[bytes]] = field(default_factory=dict)
    ended: set[tuple[str, int]] = field(default_factory=set)
    bytes_sent: int = 0
    calls: dict[str, int] = field(default_factory=dict)

    def turn(self) -> None:
        """Take note of what has ended, start what has room."""
        for key, process in list(self.running.items()):
            if process.poll() is not None:
                self.ended.add(key)
                del self.running[key]
        while self.waiting and len(self.running) < self.slots:
            self._start(*self.waiting.popleft())

    def sandbox(self, name: str, index: int) -> Path:
        return self.folder / f"{name}.{index}"

    def _start(self, name: str, index: int) -> None:
        array, sandbox = self.arrays[name], self.sandbox(name, index)
        sandbox.mkdir(parents=True)
        if not self.shared:
            for source in array.files[index]:
                self.bytes_sent += source.stat().st_size
                shutil.copy(source, sandbox / source.name)
        with (sandbox / "engine.out").open("wb") as out, (sandbox / "engine.err").open("wb") as said:
            self.running[name, index] = subprocess.Popen(
                [*array.command, str(index)],
                cwd=sandbox,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=said,
                start_new_session=True,
            )

    def stop(self, keys: Sequence[tuple[str, int]]) -> None:
        for key in keys:
            if key in self.waiting:
                self.waiting.remove(key)
            process = self.running.pop(key, None)
            if process is not None:
                process.send_signal(signal.SIGTERM)
                process.wait(20)
            self.ended.add(key)

    def close(self) -> None:
        self.stop([*self.running, *self.waiting])


class SandboxedEngine:
    """An engine in front of such nodes."""

    name = "sandboxed"

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.traits = Traits(
            shared_files=nodes.shared,
            array_size=50,
            poll_s=0.2,
            quick_poll_s=0.05,
            shows_stdout=nodes.shows_stdout,
            outcomes_by_name=nodes.by_name,
            outcome_grace_s=1.0,
        )
        self.broken = ""

    def _call(self, name: str) -> None:
        self.nodes.calls[name] = self.nodes.calls.get(name, 0) + 1
        if self.broken:
            raise ExecutorError("The nodes cannot be asked", why=self.broken)

    async def connect(self) -> None:
        self._call("connect")

    async def submit(self, array: Array) -> str:
        self._call("submit")
        self.nodes.arrays[array.name] = array
        self.nodes.waiting.extend((array.name, index) for index in range(len(array.jobs)))
        return array.name

    async def find(self, folders: Mapping[str, Path]) -> dict[str, str]:
        self._call("find")
        return {name: name for name in folders if name in self.nodes.arrays}

    def native_id(self, array: str, index: int) -> str:
        return f"{array}.{index}"

    async def survey(self, arrays: Sequence[Watched]) -> list[Sighting]:
        self._call("survey")
        self.nodes.turn()
        seen = []
        for array in arrays:
            for index in set(range(array.size)) - array.over:
                key = (array.name, index)
                if key in self.nodes.ended:
                    state = EngineState.ENDED
                elif key in self.nodes.running:
                    state = EngineState.RUNNING
                else:
                    continue
                seen.append(Sighting(array.name, index, state, self.native_id(array.name, index), host="here"))
        return seen

    async def autopsy(self, native_ids: Sequence[str]) -> dict[str, Sighting]:
        return {}

    async def collect(self, native_ids: Mapping[str, Path]) -> dict[str, str]:
        self._call("collect")
        assert not self.nodes.by_name, "nothing is brought home"
        for native_id, folder in native_ids.items():
            name, _, index = native_id.rpartition(".")
            sandbox = self.nodes.sandbox(name, int(index))
            if (sandbox / "out").exists() and not (folder / "out").exists():
                await asyncio.to_thread(shutil.copytree, sandbox / "out", folder / "out", symlinks=True)
                if self.nodes.shows_stdout:
                    await asyncio.to_thread(shutil.copy, sandbox / "engine.out", folder / "out/log")
        return {}

    async def forget(self, native_ids: Sequence[str]) -> None:
        self._call("forget")

    async def cancel(self, native_ids: Sequence[str]) -> None:
        self._call("cancel")
        parts = [native_id.rpartition(".") for native_id in native_ids]
        await asyncio.to_thread(self.nodes.stop, [(name, int(index)) for name, _, index in parts])

    async def peek(self, native_id: str, offset: int) -> bytes | None:
        name, _, index = native_id.rpartition(".")
        log = self.nodes.sandbox(name, int(index)) / ("engine.out" if self.nodes.shows_stdout else "attempt/log")
        return log.read_bytes()[offset:] if log.exists() else None

    async def close(self) -> None:
        return None
