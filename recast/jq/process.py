"""The parent's side of the process that runs jq programs; it is started with the first program and ends with this
process.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path

from recast.errors import InfrastructureError, SpecError
from recast.json_types import JsonDict, JsonValue

__all__ = ["JqProcess", "jq"]

MOST_CPU_S = 0.5
"""A program that takes more CPU time is a mistake or an attack: a million values take less."""

QUICK_START_S = 0.05
"""The CPU time of the process's start on a machine for which `MOST_CPU_S` is right; a slower machine gets more time in
proportion.
"""

MOST_WALL_S = 600.0
"""The wall-time limit, for a machine too busy to give the program or its process the CPU time they need."""

MOST_DEPTH = 200
"""The deepest nesting of a program's output: documents may have 64 levels, and traversing them is recursive."""

_LOOK_EVERY_S = 0.05
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")

_CHILD = Path(__file__).with_name("child.py")


class JqProcess:
    """Evaluates jq programs. Call it with a program and a JSON value; it returns the list of all outputs.

    With `as_text` the list has one string: the outputs as JSON, one per line. Raises SpecError for a program that is
    invalid, that fails on the value, or that takes more than `most_cpu_s` of CPU time (more on a slow machine, in
    proportion to the start of the process); InfrastructureError if the process cannot be started or gets no CPU time.
    """

    def __init__(self, most_cpu_s: float = MOST_CPU_S) -> None:
        self._least_cpu_s = most_cpu_s
        self._most_cpu_s = most_cpu_s
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def __call__(self, program: str, value: JsonValue, *, as_text: bool = False) -> list[JsonValue]:
        """Return all outputs of a program for a value."""
        try:
            request = json.dumps([program, value, as_text], allow_nan=False).encode() + b"\n"
        except (ValueError, TypeError, RecursionError) as problem:
            raise _failed(program, f"its input cannot be written as JSON: {problem}") from None
        with self._lock:
            answer = self._ask(request, program)
        if "error" in answer:
            raise _failed(program, answer["error"])
        outputs: list[JsonValue] = answer["outputs"]
        if not as_text and _too_deep(outputs):
            raise _failed(program, f"it makes values that are nested more than {MOST_DEPTH} deep")
        return outputs

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def _ask(self, request: bytes, program: str) -> JsonDict:
        process = self._process or self._start()
        try:
            line = _exchange(process, request, self._most_cpu_s)
        except (OSError, TimeoutError, InfrastructureError) as problem:
            self.close()
            if isinstance(problem, InfrastructureError):
                raise
            why = str(problem) if isinstance(problem, TimeoutError) else "its process died, out of memory or stack"
            raise _failed(program, why) from None
        try:
            answer: JsonDict = json.loads(line)
        except (ValueError, RecursionError) as problem:
            raise _failed(program, f"its answer cannot be read: {problem}") from None
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        """Start the process, and wait until it is ready: this time does not count as the program's."""
        process = self._spawn()
        try:
            took_s = float(_exchange(process, b"", None))
        except (OSError, ValueError) as problem:
            self.close()
            raise InfrastructureError(
                "The process that runs jq programs cannot be started",
                where=sys.executable,
                why=str(problem) or type(problem).__name__,
                next_step=f"{sys.executable} -I {_CHILD} {_library()}",
            ) from None
        except InfrastructureError:
            self.close()
            raise
        self._most_cpu_s = self._least_cpu_s * max(1.0, took_s / QUICK_START_S)
        return process

    def _spawn(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", str(_CHILD), _library()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"TZ": "UTC"},
            cwd="/",
            bufsize=0,
            start_new_session=True,
        )
        os.set_blocking(self._process.stdin.fileno(), False)  # type: ignore[union-attr]
        return self._process


def _library() -> str:
    """Return the folder from which this Python imports jq."""
    from importlib.util import find_spec

    found = find_spec("jq")
    if found is None or found.origin is None:
        raise InfrastructureError(
            "The Python package jq is missing", where=sys.executable, next_step=f"{sys.executable} -m pip install jq"
        )
    return str(Path(found.origin).parent)


def _exchange(process: subprocess.Popen[bytes], request: bytes, most_cpu_s: float | None) -> bytes:
    """Write a request and read the line that answers it.

    Raises TimeoutError if that takes too much CPU time, OSError if the process is gone, InfrastructureError if it gets
    too little CPU time.
    """
    assert process.stdin is not None and process.stdout is not None
    write_fd, read_fd = process.stdin.fileno(), process.stdout.fileno()
    before_s, deadline = _cpu_s(process.pid), time.monotonic() + MOST_WALL_S
    todo = memoryview(request)
    parts: list[bytes] = []
    while not (parts and parts[-1].endswith(b"\n")):
        readable, writable, _ = select.select([read_fd], [write_fd] if todo else [], [], _LOOK_EVERY_S)
        if writable:
            todo = todo[os.write(write_fd, todo) :]
        if readable:
            parts.append(os.read(read_fd, 1 << 20))
            if not parts[-1]:
                raise BrokenPipeError
        elif not writable:
            if most_cpu_s is not None and _cpu_s(process.pid) - before_s > most_cpu_s:
                raise TimeoutError(f"it takes more than {most_cpu_s:.2g} s of CPU time")
            if time.monotonic() > deadline:
                raise _too_busy()
    return b"".join(parts)


def _too_busy() -> InfrastructureError:
    return InfrastructureError(
        "The process that runs jq programs gets too little CPU time",
        why=f"In {MOST_WALL_S:g} s it got less CPU time than it may use: this machine is too busy.",
        next_step="run it again when this machine is less busy",
    )


def _cpu_s(pid: int) -> float:
    """Return the CPU time of a process so far, in seconds (proc(5): fields 14 and 15 of stat, in ticks)."""
    with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - asked before each program
        fields = file.read().rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def _too_deep(outputs: list[JsonValue]) -> bool:
    """Return whether values are nested too deep; checked level by level, because a recursion could itself overflow."""
    level: list[JsonValue] = [outputs]
    for _ in range(MOST_DEPTH):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True


def _failed(program: str, why: str) -> SpecError:
    shown = " ".join(program.split())
    return SpecError(
        f"The jq program {shown if len(shown) <= 80 else shown[:77] + '...'!r} fails",
        code="spec.jq",
        why=why,
        next_step="try it with the jq command on the same values",
    )


jq = JqProcess()
"""The process that this program shares."""

atexit.register(jq.close)
