"""What runs know of their steps, asked of a process of its own, and remembered for as long as it stays true.

The web process opens no journal: that of a large run takes seconds and much memory.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from recast.errors import InfrastructureError
from recast.json_types import JsonDict
from recast.ledger.runs import NotedRun
from recast.service.seats import Seats

__all__ = ["Facts", "ask_run"]

_LONGEST_S = 30.0
_MOST_BYTES = 2 << 20
_KEPT_BYTES = 16 << 20
_FRESH_S = 30.0
"""How old what is told of a step that goes on may be."""

Key = tuple[str, str, bool]


class Facts:
    """Asks for facts, of few runs at a time; `ask` does it."""

    def __init__(self, ask: Callable[[NotedRun, str], JsonDict] | None = None) -> None:
        self._ask = ask or ask_run
        self._seats = Seats(2, each=1, kept=1, wait_s=5.0)
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, tuple[float, bytes]] = OrderedDict()

    def of(self, noted: NotedRun, step: str, *, final: bool, who: str, ask: bool = True) -> JsonDict | None:
        """Return the facts of a step, None if they are not known yet and are not to be asked for; raise
        InfrastructureError if the run cannot tell them.
        """
        key = (noted.id, step, final)
        if (known := self._known(key)) is not None or not ask:
            return known
        with self._seats.one(who):
            found = self._known(key) or self._ask(noted, step)
        self._keep(key, found)
        return found

    def _known(self, key: Key) -> JsonDict | None:
        with self._lock:
            found = self._kept.get(key)
            if found is None or (not key[2] and found[0] < time.monotonic() - _FRESH_S):
                return None
            self._kept.move_to_end(key)
        told: JsonDict = json.loads(found[1])
        return told

    def _keep(self, key: Key, facts: JsonDict) -> None:
        with self._lock:
            self._kept[key] = time.monotonic(), json.dumps(facts).encode()
            while sum(len(body) for _, body in self._kept.values()) > _KEPT_BYTES:
                self._kept.popitem(last=False)


def ask_run(noted: NotedRun, step: str) -> JsonDict:
    """Return what a run knows of a step, asked of a process of its own; raise InfrastructureError."""
    if not noted.folder or not Path(noted.folder, "request.json").is_file():
        raise _unknown("The folder of this run is not there" if noted.folder else "This run has not begun")
    command = [sys.executable, "-m", "recast.service.step.child", noted.folder, noted.id, step]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LONGEST_S, check=True, cwd="/"
        )
        told: JsonDict = json.loads(done.stdout) if len(done.stdout) <= _MOST_BYTES else {"problem": "It is too much"}
    except (OSError, subprocess.SubprocessError, ValueError):
        raise _unknown("The process that asks a run has ended early") from None
    if "facts" not in told:
        raise _unknown(str(told.get("problem", "")))
    facts: JsonDict = told["facts"]
    return facts


def _unknown(why: str) -> InfrastructureError:
    return InfrastructureError(
        "What the run knows of this step cannot be told now", why=why, next_step="reload the page later"
    )
