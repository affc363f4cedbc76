"""What time demands: reminders, ends of patience, and what has become of the versions that answers rest on."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import select

from recast.catalogue import Catalogue
from recast.catalogue.load import load_version
from recast.desk.deadlines import due
from recast.desk.facts import Facts
from recast.desk.model import Actor
from recast.errors import MovedOn, NotFound, RecastError
from recast.ledger import Ledger, LedgerUnavailable, tables
from recast.ledger.warning import caveat_of
from recast.moments import moment

__all__ = ["Clockwork", "caveat_now"]

MACHINE = Actor(machine=True)
_EVERY_S = 60.0


class Clockwork:
    """Does what is due, at most once a minute. What it does may be done twice: the desk does nothing the second time.

    `caveat` says what is wrong with the version of a digest now, empty if nothing is.
    """

    def __init__(self, ledger: Ledger, say: Callable[[str], None], caveat: Callable[[str], str] | None = None) -> None:
        self._ledger, self._say, self._caveat = ledger, say, caveat or caveat_now
        self._next = 0.0
        self._told: dict[str, str] = {}

    def tick(self) -> None:
        """Do what is due, if a minute has passed; raise LedgerUnavailable."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_S
            for what in (self.deadlines, self.standings):
                try:
                    what()
                except LedgerUnavailable:
                    raise
                except Exception as problem:  # a fault in what can wait must stop no run
                    self._say(f"{what.__name__}: {type(problem).__name__}: {problem}")

    def deadlines(self) -> None:
        """Remind of requests that nobody accepts, and let them expire in the end."""
        for name in self._ledger.due():
            request = self._ledger.request(name)
            if action := due(request, moment(self._ledger.now())):
                self._act(name, action, {}, self._facts(request.analysis, request.analysis_version))

    def standings(self) -> None:
        """Say of all answers that rest on a version that it has been deprecated or withdrawn, or is well again."""
        for digest in self._digests():
            caveat = self._caveat(digest)
            if self._told.get(digest, "") == caveat and digest in self._told:
                continue
            for name in self._ledger.resting_on(digest):
                self._act(name, "warn", {"digest": digest, "caveat": caveat})
            self._told[digest] = caveat

    def _digests(self) -> list[str]:
        query = select(tables.rests.c.digest).where(tables.rests.c.digest != "").distinct()
        with self._ledger.reading() as connection:
            return sorted(connection.scalars(query))

    def _facts(self, analysis: str, version: str) -> Facts:
        try:
            return self._ledger.catalogue.facts(analysis, version) if analysis else Facts(has_contact=False)
        except NotFound:
            return Facts(has_contact=False)

    def _act(self, request: str, action: str, data: dict[str, str], facts: Facts | None = None) -> None:
        try:
            self._ledger.act(request, action, MACHINE, data, facts=facts)
        except LedgerUnavailable:
            raise
        except MovedOn:  # somebody was faster than time
            return
        except RecastError as problem:
            self._say(f"{action} of request {request}: {problem}; {problem.why}")


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
