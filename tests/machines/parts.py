"""The parts of `make machines`: each returns a line for everything that is not as it has to be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.machines import demo, namespaces, power
from tests.machines.sessions import RUNTIMES, SESSIONS
from tests.machines.table import Row, measure, rendered, wrong
from tests.testbeds.vm.machine import HOME, Machine

__all__ = ["PARTS", "Options"]

_ROOT = Path(__file__).resolve().parents[2]
_PAGE = _ROOT / "docs/reference/machines.md"
_ROWS = _ROOT / ".cache/machines"
_BEGIN, _END = "<!-- table: make machines -->\n", "<!-- end of the table -->\n"


@dataclass(frozen=True)
class Options:
    """`write`: the table goes into the reference; `rows`: only these of it, as `runtime:session`."""

    write: bool = False
    rows: tuple[str, ...] = ()


@contextmanager
def _guest(suite: str = "bookworm") -> Iterator[Machine]:
    with Machine(HOME / f"machines-{suite}-{os.getpid()}", suite).owned() as machine:
        yield machine


def limits(options: Options) -> list[str]:
    """Measure the table of limits."""
    with _guest() as machine:
        return _limits(machine, options)


def _limits(machine: Machine, options: Options) -> list[str]:
    rows = []
    for runtime in RUNTIMES:
        for session in SESSIONS:
            if not options.rows or f"{runtime}:{session}" in options.rows:
                rows.append(_measured(machine, runtime, session))
    table = rendered(rows)
    print(table, flush=True)
    if options.write:
        _write(table)
    return wrong(rows)


def _measured(machine: Machine, runtime: str, session: str) -> Row:
    row = measure(machine, runtime, session)
    _ROWS.mkdir(parents=True, exist_ok=True)
    path = _ROWS / f"{machine.suite}-{runtime}-{session.replace(' ', '-')}.json"
    path.write_text(json.dumps(asdict(row), indent=1))
    print(f"{runtime}, {session}: {row.took_s:.0f} s", flush=True)
    return row


def _write(table: str) -> None:
    head, rest = _PAGE.read_text().split(_BEGIN)
    _PAGE.write_text(f"{head}{_BEGIN}\n{table}\n\n{_END}{rest.split(_END)[1]}")


def doctor(options: Options) -> list[str]:
    """Run the tests in which each red line of doctor's is made green by what it says."""
    tests = sorted(map(str, (_ROOT / "tests/machines").glob("test_doctor*.py")))
    argv = [sys.executable, "-m", "pytest", "-q", "-m", "rare or not rare", *tests]
    return [] if tests and subprocess.run(argv, cwd=_ROOT).returncode == 0 else ["the tests of doctor's lines fail"]


def power_cuts(options: Options) -> list[str]:
    """Cut the power at ten moments of runs with cached and fresh steps."""
    found = []
    with _guest() as machine:
        power.prepare(machine)
        for number in range(power.CUTS):
            cut = power.cut(machine, number)
            print(f"power cut {number}, after {cut.after} steps: {cut.said}", flush=True)
            found += [] if cut.is_right else [f"cut {number}, after {cut.after} steps: {cut.said}"]
    return found


def without_namespaces(options: Options) -> list[str]:
    """Look at what is said, and which runtimes are left, where users may make no namespaces."""
    with _guest() as machine:
        return namespaces.wrong(machine)


def make_demo(options: Options) -> list[str]:
    """Type `make demo` as an ordinary user, whose packages come from a mirror on loopback."""
    with _guest() as machine:
        return demo.wrong(machine)


def trixie(options: Options) -> list[str]:
    """Measure a row of each runtime on Debian 13."""
    with _guest("trixie") as machine:
        rows = options.rows or tuple(f"{runtime}:login" for runtime in RUNTIMES)
        return _limits(machine, Options(rows=rows))


PARTS: dict[str, Callable[[Options], list[str]]] = {
    "limits": limits,
    "doctor": doctor,
    "power": power_cuts,
    "namespaces": without_namespaces,
    "demo": make_demo,
    "trixie": trixie,
}
