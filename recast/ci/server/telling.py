"""Statuses and comments back to the forge: what is wanted is compared with what was told, until both are the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from recast.ci.forges.client import Forge
from recast.ci.forges.states import Status
from recast.ci.report.comment import for_comment
from recast.ci.server.ledger import Ledger
from recast.ci.server.outbox import Outbox, ToComment, ToTell
from recast.ci.server.places import ServerPlaces
from recast.ci.server.settings import Repository
from recast.ci.server.verdict import find_report
from recast.ci.words import REPORTS
from recast.errors import NotFound, PermissionDenied, RecastError
from recast.plainfile import read_plain

__all__ = ["Teller"]

_SENTENCES = {
    "queued": "waiting for its turn",
    "running": "tests, images, runs, comparison",
    "held": "a request from a fork: somebody who may has to say recast ci allow {id}",
}
_MOST_BYTES = 1 << 20
_FIRST_WAIT_S, _LONGEST_WAIT_S = 5.0, 600.0
_MOST_TRIES, _MOST_DENIED = 60, 4


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells a forge what became of commits; `page_url` is where the folders of pipelines can be seen, if anywhere."""

    repository: Repository
    ledger: Ledger
    places: ServerPlaces
    page_url: str
    say: Callable[[str], None]
    _later: dict[int, tuple[int, float]] = field(default_factory=dict)
    """Request -> how often its comment could not be written, and when it is tried again."""

    def tell_all(self) -> None:
        """Tell what is due, statuses first."""
        forge = self.repository.forge
        if forge is None:
            return
        outbox = Outbox(self.ledger, self.repository.name)
        for it in outbox.statuses():
            self._tell(it, outbox, forge)
        for comment in outbox.comments():
            self._comment(comment, outbox, forge)

    def _tell(self, it: ToTell, outbox: Outbox, forge: Forge) -> None:
        context = self.repository.context + (f"/{it.lane.removeprefix('tag:')}" if it.lane.startswith("tag:") else "")
        sentence = self.places.without_paths(it.sentence) or _SENTENCES.get(it.word, "").format(id=it.id)
        status = Status(it.word, sentence, context, it.ref, self._page(it))
        may_be_there = outbox.telling(it)
        try:
            forge.set_status(it.commit, status, look_first=may_be_there)
        except RecastError as problem:
            self.say(f"status of {it.commit[:10]}: {problem}")
            outbox.failed(it, _wait_s(it.attempts), give_up=_is_final(problem, it.attempts))
        else:
            outbox.told(it)

    def _comment(self, it: ToComment, outbox: Outbox, forge: Forge) -> None:
        count, again_at = self._later.get(it.number, (0, 0.0))
        if time.monotonic() < again_at:
            return
        try:
            summary = self.places.without_paths(self._summary(it))
            outbox.commented(it, forge.set_comment(it.number, summary, it.comment))
            self._later.pop(it.number, None)
        except RecastError as problem:
            self.say(f"comment on request {it.number}: {problem}")
            self._later[it.number] = (count + 1, time.monotonic() + _wait_s(count))
            if _is_final(problem, count):
                outbox.commented(it, it.comment)

    def _page(self, it: ToTell | ToComment) -> str:
        """Return the address of the last try's folder, empty if it cannot be seen anywhere."""
        return f"{self.page_url}/{it.id}/{it.tries}/{REPORTS}/" if self.page_url and it.tries else ""

    def _summary(self, it: ToComment) -> str:
        """Return the summary that the pipeline wrote, or its verdict in one line."""
        report = find_report(self.places.pipeline(it.id) / str(it.tries) / REPORTS)
        try:
            if report is not None:
                summary = read_plain(report.with_name("summary.md"), _MOST_BYTES, links=False)
                return for_comment(summary.decode("utf-8", "replace"), self._page(it))
        except OSError:
            pass
        return f"**{it.word}**: {it.sentence}"


def _wait_s(attempts: int) -> float:
    return float(min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** min(attempts, 10)))


def _is_final(problem: RecastError, attempts: int) -> bool:
    denied = isinstance(problem, PermissionDenied | NotFound)
    return attempts + 1 >= (_MOST_DENIED if denied else _MOST_TRIES)
