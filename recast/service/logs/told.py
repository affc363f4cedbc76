"""The documents that the API answers about logs: a part of one, or what a search found in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recast.errors import NotFound
from recast.json_types import JsonDict, JsonObject
from recast.ledger.runs import NotedRun
from recast.masked import masked
from recast.rundir import PEEKED
from recast.service.asked import Asked
from recast.service.logs.hidden import Hiding
from recast.service.logs.search import search
from recast.service.logs.terminal import shown
from recast.service.logs.whole import whole_log
from recast.service.logs.window import Window, lines_before, lines_from
from recast.service.runs import found_step
from recast.terminal_safe import visible

__all__ = ["MOST_BYTES", "NEWEST_LINES", "Asking", "StepLog", "log_asked", "log_told", "step_log"]

NEWEST_LINES = 1000
MOST_BYTES = 256 << 10
"""How much a page shows at once, whatever the length of the lines."""

_JOB_ID = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,200}")
_FINAL = ("succeeded", "failed", "lost", "cancelled", "skipped")


@dataclass(frozen=True, slots=True)
class Asking:
    """Which part of a log: from byte `offset` on, or with `from_end` the last `lines` before byte `before` (None: of
    all); with `search`, which lines have these words. `file` is the file that the reader has read so far: if another
    one has taken its place, or if it was cut short, reading begins again.
    """

    offset: int = 0
    limit: int = 1 << 16
    from_end: bool = False
    lines: int = NEWEST_LINES
    before: int | None = None
    search: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class StepLog:
    """The log of one attempt at a step. `ended`: nothing is added to it any more; `is_away`: its job runs where its log
    cannot be read, and what is here was fetched by the driver.
    """

    run: str
    step: str
    attempt: int
    path: Path
    ended: bool
    is_away: bool = False

    def window(self, asking: Asking) -> tuple[Window, bool]:
        """Return a part of it, and whether it was read anew because it is another log than the reader had."""
        read = self._end if asking.from_end else self._start
        window = read(asking)
        place = asking.before if asking.from_end else asking.offset
        is_other = bool(asking.file and window.file and asking.file != window.file)
        if not is_other and (place or 0) <= window.size:
            return window, False
        return (self._end(Asking(from_end=True)) if asking.from_end else self._start(Asking(limit=asking.limit))), True

    def whole(self) -> Iterator[bytes]:
        """Yield all of it, without secrets."""
        return whole_log(self.path, ended=self.ended)

    def about(self) -> JsonDict:
        """Return what it is the log of."""
        return {"run": self.run, "step": self.step, "attempt": self.attempt, "ended": self.ended}

    def _start(self, asking: Asking) -> Window:
        return lines_from(self.path, asking.offset, asking.limit, ended=self.ended)

    def _end(self, asking: Asking) -> Window:
        return lines_before(self.path, asking.before, asking.lines, max(asking.limit, MOST_BYTES), ended=self.ended)


def step_log(noted: NotedRun, found: JsonObject, attempt: int | None) -> StepLog:
    """Return the log of an attempt at a step (None: the newest); raise NotFound."""
    number, job = _attempt(found, attempt)
    ended = found.get("state") in _FINAL or number < int(found.get("attempts") or 0)
    folder = Path(noted.folder)
    log, peeked = folder / "jobs" / job / "log", folder / PEEKED / f"{job}.log"
    is_away = not ended and not log.exists()
    return StepLog(noted.id, str(found["id"]), number, peeked if is_away else log, ended, is_away)


def log_asked(asked: Asked, run: str, step: str, attempt: int | None) -> StepLog:
    """Return the log of a step's attempt for whoever may read it; raise NotFound or Refused."""
    seen = asked.to("read-log").run(run)
    log = step_log(seen.noted, found_step(asked, seen, step), attempt)
    if log.is_away:
        asked.parts.ledger.looks.look(run, log.step)
    return log


def log_told(
    asked: Asked, run: str, step: str, attempt: int | None, asking: Asking, *, styled: bool = False
) -> JsonDict:
    """Return a part of a log, or with `search` what was found in it; raise NotFound or Refused.

    `styled` adds its pieces, each with the classes of its style.
    """
    log = log_asked(asked, run, step, attempt)
    if asking.search:
        with asked.parts.searches.one(asked.visitor.who):
            return _searched(log, asking)
    window, again = log.window(asking)
    document = {
        **log.about(),
        "offset": window.start,
        "next": window.next,
        "size": window.size,
        "file": window.file,
        "again": again,
    }
    if styled:
        return {**document, "pieces": shown(window.text, Hiding().line)}
    return {**document, "text": visible(masked(window.text), None, keep="\n\t")}


def _searched(log: StepLog, asking: Asking) -> JsonDict:
    found = search(log.path, asking.search, asking.offset, ended=log.ended)
    return {
        **log.about(),
        "offset": found.start,
        "next": found.next,
        "size": found.size,
        "file": found.file,
        "again": False,
        "text": "",
        "hits": list(found.hits),
    }


def _attempt(step: JsonObject, wanted: int | None) -> tuple[int, str]:
    """Return the number of an attempt and the id of its job, which names a folder."""
    newest = int(step.get("attempts") or 0)
    jobs = {int(it["attempt"]): str(it["job_id"]) for it in step.get("attempts_list", ())}
    if step.get("job_id"):
        jobs.setdefault(newest, str(step["job_id"]))
    number = newest if wanted is None else wanted
    job = jobs.get(number, "")
    if not _JOB_ID.fullmatch(job):
        raise NotFound(
            "This step has no such attempt", where=f"{step['id']}, attempt {number}", why=f"It has {newest}."
        )
    return number, job
