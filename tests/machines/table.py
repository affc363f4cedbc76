"""The table of limits: runtime x session x limit, what was seen of each, and whether it is as it has to be."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.machines.limits import LIMITS, Seen
from tests.machines.sessions import RUNTIMES, SESSIONS, started
from tests.testbeds.vm.machine import Machine

__all__ = ["Cell", "Row", "measure", "of_row", "rendered", "wrong"]

_PYTHON = "/opt/venv/bin/python"
_ROW_S = 3600.0
_HELD, _WATCHED, _NOT, _NONE = "held", "watched", "not", "no run"
_SPARE_CPUS = 0.3


@dataclass(frozen=True)
class Cell:
    """`how`: held by the kernel (or, for time, by whoever waits), watched from outside, or not; `ends`: the class."""

    how: str
    ends: str
    message: str = ""


@dataclass(frozen=True)
class Row:
    """All limits of a runtime in a session; `said` is what the run printed."""

    runtime: str
    session: str
    cells: Mapping[str, Cell]
    said: str
    took_s: float


def measure(machine: Machine, runtime: str, session: str, *names: str) -> Row:
    """Run the limits, or some of them, in the guest."""
    user, _ = started(session, runtime, [])
    home = "/root" if session == "root service" else f"/home/{'dora' if runtime == 'docker' else 'ana'}"
    folder = f"{home}/limits-{runtime}-{session.replace(' ', '-')}"
    argv = [_PYTHON, "-m", "tests.machines.limits", folder, runtime, *names]
    user, line = started(session, runtime, argv)
    done = machine.ssh(user, f"rm -rf {folder}; {line}", bound_s=_ROW_S)
    try:
        told = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return Row(runtime, session, {}, done.stdout + done.stderr, 0)
    return of_row(runtime, session, told)


def of_row(runtime: str, session: str, told: Mapping[str, Any]) -> Row:
    """Return what the limits' own line of JSON amounts to."""
    cells = {name: _judged(name, Seen(**seen)) for name, seen in told["seen"].items()}
    return Row(runtime, session, cells, told["said"], told["took_s"])


def _judged(name: str, seen: Seen) -> Cell:
    return Cell(_how(name, seen), seen.ends, seen.message)


def _how(name: str, seen: Seen) -> str:
    """Say who held a limit: what the kernel did can be seen, and so can what a watcher says."""
    by_kernel = {
        "processes": "fork" in seen.message,
        "processor": 0 < seen.cpus <= 1 + _SPARE_CPUS,
        "walltime": True,
        "disk": "disk_mb" in seen.message,
    }.get(name, seen.oom_kills > 0)
    if name != "processor" and not seen.ends:
        return _NOT
    if by_kernel:
        return _HELD
    return _NOT if name == "processor" else _WATCHED


def wrong(rows: Iterable[Row], names: Iterable[str] = LIMITS) -> list[str]:
    """Return a line for each cell whose class is not the one that it has everywhere."""
    found = []
    for row in rows:
        for name in names:
            limit = LIMITS[name]
            cell = row.cells.get(name, Cell(_NONE, _NONE, row.said[-500:]))
            if cell.ends != limit.ends:
                what = f"{_word(cell.ends)} instead of {_word(limit.ends)}"
                found.append(f"{row.runtime}, {row.session}, {name}: {what}: {cell.message}")
    return found


def rendered(rows: Sequence[Row]) -> str:
    """Return the table in Markdown: `how (class)`, the class only where it is a failure."""
    titles = ["runtime", "session", *LIMITS]
    lines = [_line(titles), _line(["---"] * len(titles))]
    order = {(runtime, session): None for runtime in RUNTIMES for session in SESSIONS}
    known = {(row.runtime, row.session): row for row in rows}
    for key in order:
        if key in known:
            cells = [known[key].cells.get(name, Cell(_NONE, _NONE)) for name in LIMITS]
            lines.append(_line([*key, *(cell.how for cell in cells)]))
    lines.append(_line(["", "ends with", *(_word(limit.ends) for limit in LIMITS.values())]))
    return "\n".join(lines)


def _line(words: Iterable[str]) -> str:
    return f"| {' | '.join(words)} |"


def _word(ends: str) -> str:
    return f"`{ends}`" if ends else "success"
