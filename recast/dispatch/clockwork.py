"""What time demands: reminders, ends of patience, and what has become of the versions that answers rest on."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from sqlalchemy import select

from recast.catalogue import Catalogue
from recast.catalogue.load import load_version
from recast.desk.caveat import caveat_of
from recast.desk.deadlines import due
from recast.desk.facts import Facts
from recast.desk.model import MACHINE
from recast.errors import MovedOn, RecastError
from recast.ledger import Ledger, LedgerUnavailable, tables
from recast.ledger.warning import warn
from recast.moments import moment

__all__ = ["Clockwork", "caveat_now"]

_EVERY_S = 60.0
_SURE_AFTER_S = 2 * _EVERY_S


class Clockwork:
    """Does what is due, at most once a minute. What it does may be done twice: the desk does nothing the second time.

    `caveat` says what is wrong with the version of a digest now, empty if nothing is; `housekeeping` is done as well.
    """

    def __init__(
        self,
        ledger: Ledger,
        say: Callable[[str], None],
        caveat: Callable[[str], str] | None = None,
        *,
        housekeeping: Callable[[], None] = lambda: None,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger, self._say, self._caveat = ledger, say, caveat or caveat_now
        self._parts = (self.deadlines, self.standings, housekeeping)
        self._steady = steady
        self._next = 0.0
        self._due_since: dict[str, float] = {}
        self._told: dict[str, str] = {}

    def tick(self) -> None:
        """Do what is due, if a minute has passed; raise LedgerUnavailable."""
        if self._steady() >= self._next:
            self._next = self._steady() + _EVERY_S
            for part in self._parts:
                self._carefully(part)

    def deadlines(self) -> None:
        """Remind of requests that nobody accepts, and let them expire in the end.

        It must be due at several looks in a row: a clock that is wrong for a moment ends no request.
        """
        since, now = self._due_since, self._steady()
        self._due_since = {name: since.get(name, now) for name in self._ledger.due()}
        for name, first in self._due_since.items():
            if now >= first + _SURE_AFTER_S:
                self._carefully(partial(self._deadline, name))

    def _deadline(self, name: str) -> None:
        request = self._ledger.request(name)
        if action := due(request, moment(self._ledger.now())):
            self._act(name, action, self._ledger.catalogue.facts_if_known(request.analysis, request.analysis_version))

    def standings(self) -> None:
        """Say of all answers that rest on a version that it has been deprecated or withdrawn, or is well again."""
        for digest in self._digests():
            self._carefully(partial(self._standing, digest))

    def _standing(self, digest: str) -> None:
        caveat = self._caveat(digest)
        if self._told.get(digest) == caveat:
            return
        warn(self._ledger, digest, caveat)
        self._told[digest] = caveat

    def _carefully(self, part: Callable[[], None]) -> None:
        """Do one thing; a fault in it stops neither the next one nor any run. Raises LedgerUnavailable."""
        try:
            part()
        except LedgerUnavailable:
            raise
        except Exception as problem:
            self._say(f"{_name(part)}: {type(problem).__name__}: {problem}")

    def _digests(self) -> list[str]:
        query = select(tables.rests.c.digest).where(tables.rests.c.digest != "").distinct()
        with self._ledger.glancing() as connection:
            return sorted(connection.scalars(query))

    def _act(self, request: str, action: str, facts: Facts) -> None:
        try:
            self._ledger.act(request, action, MACHINE, {}, facts=facts)
        except LedgerUnavailable:
            raise
        except MovedOn:  # somebody was faster than time
            return
        except RecastError as problem:
            self._say(f"{action} of request {request}: {problem}; {problem.why}")


def _name(part: Callable[[], None]) -> str:
    if isinstance(part, partial):
        return f"{getattr(part.func, '__name__', '').strip('_')} of {part.args[0]}"
    return getattr(part, "__name__", type(part).__name__)


def caveat_now(digest: str) -> str:
    """Return what is said now of answers that rest on a version, empty if nothing is wrong with it.

    A version that is not in the catalogue any more is not judged.
    """
    catalogue = Catalogue()
    try:
        version = load_version(catalogue.store, digest)
        standing = catalogue.standing(version).as_json()
    except RecastError:
        return ""
    return caveat_of(version.reference, standing["state"], standing["reason"])
