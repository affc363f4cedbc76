"""Faults at chosen moments: somebody is killed right before or right after a transition is committed, once.

A fault is JSON: `what` (the name of a transition), `when` (`before` or `after` its commit, or `started`: as soon as a
child has begun), `victim` (`self`, `parent`: the dispatcher of this child, `postgres`), and `mark`, a file that is made
when it happens, so that it happens once.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

__all__ = ["install"]

_doing = threading.local()


def install(text: str) -> None:
    """Make the fault that a text describes happen in this process."""
    from recast.ledger.database import Database
    from recast.ledger.ledger import Ledger
    from recast.ledger.runs import Runs
    from recast.ledger.work import Work

    fault = json.loads(text)
    _name(Ledger, "act", lambda arguments: arguments[2])
    for kind, names in ((Work, ("take", "finish", "postpone")), (Runs, ("note", "placed", "ended"))):
        for name in names:
            _name(kind, name, lambda _, name=name: name)  # type: ignore[misc]
    _around_commits(Database, fault)
    if fault["when"] == "started" and "recast.dispatch.child" in sys.orig_argv:
        happen(fault)


def _name(kind: Any, method: str, name_of: Callable[[tuple[Any, ...]], str]) -> None:
    """Let what a method commits go by a name."""
    real = getattr(kind, method)

    @wraps(real)
    def named(*arguments: Any, **more: Any) -> Any:
        _doing.what = name_of(arguments)
        try:
            return real(*arguments, **more)
        finally:
            _doing.what = ""

    setattr(kind, method, named)


def _around_commits(database: Any, fault: dict[str, str]) -> None:
    """Within `together`, what is written is committed with the rest: at the end of the outermost block."""
    real = database.writing

    @contextmanager
    def writing(self: Any) -> Iterator[Any]:
        is_it = getattr(_doing, "what", "") == fault["what"]
        if self._shared is not None:
            with real(self) as connection:
                yield connection
            _doing.met = is_it or _doing.met
            return
        _doing.met = False
        with real(self) as connection:
            yield connection
            is_it = is_it or _doing.met
            if is_it and fault["when"] == "before":
                happen(fault)
        if is_it and fault["when"] == "after":
            happen(fault)

    database.writing = writing


def happen(fault: dict[str, str]) -> None:
    """Let the fault happen, if it has not happened yet."""
    try:
        os.close(os.open(fault["mark"], os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    if fault["victim"] == "self":
        os.kill(os.getpid(), signal.SIGKILL)
    elif fault["victim"] == "parent":
        os.kill(os.getppid(), signal.SIGKILL)
    else:
        root = Path(__file__).resolve().parents[2]
        environ = {key: value for key, value in os.environ.items() if key != "RECAST_TEST_FAULT"}
        command = [sys.executable, "-m", "tests.dispatch.restart_postgres", fault["victim"]]
        subprocess.run(command, check=True, env=environ, cwd=root)
