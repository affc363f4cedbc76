"""The dispatcher: takes work from the ledger, gives each piece to a process of its own, and sees to what time demands.

It holds no state that matters: whatever it knows is in the ledger, in the locks of the runs, and in its children.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sql

from recast.desk.model import Actor
from recast.dispatch.children import Children
from recast.dispatch.clockwork import Clockwork
from recast.dispatch.mailing import Mailing
from recast.dispatch.settings import DispatchSettings, MailSettings
from recast.dispatch.woken import Ended, signals
from recast.errors import RecastError
from recast.ledger import LeaseLost, Ledger, LedgerUnavailable, tables
from recast.ledger.work import Lease
from recast.paths import places

__all__ = ["Dispatcher", "dispatch"]

MACHINE = Actor(machine=True)
_KINDS = ("run", "cancel")
_LOOK_S, _END_S = 0.5, 5.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 15.0


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """One dispatcher at work. `once` ends it as soon as there is nothing left to do."""

    ledger: Ledger
    children: Children
    clockwork: Clockwork
    settings: DispatchSettings
    owner: str
    say: Callable[[str], None]

    def look(self) -> bool:
        """Do what can be done now; return whether there may be more. Raises LedgerUnavailable."""
        self.children.reap()
        self.children.carry_out_wishes()
        self.clockwork.tick()
        kinds = _KINDS if self.children.room > 0 else _KINDS[1:]
        lease = self.ledger.work.take(self.owner, kinds, float(self.settings.lease_s))
        if lease is None:
            return False
        if lease.kind == "run":
            self.children.start(lease)
        else:
            self._cancel(lease)
        return True

    @property
    def is_idle(self) -> bool:
        """Whether no child works, and no work waits."""
        return not len(self.children) and not self.ledger.work.waiting()

    def _cancel(self, lease: Lease) -> None:
        """See to a wish to cancel: a driver hears of it by itself; where there is none, the desk is told."""
        try:
            live = [run for run in self.ledger.runs.of_request(lease.request) if run.state != "ended"]
            if not live and self._is_taken(lease.request):  # by a child that has not noted its run yet
                self.ledger.work.postpone(lease, _LOOK_S, "the run begins right now")
                return
            if not live:
                data = {"run": "none", "reason": "cancelled before it began"}
                self.ledger.act(lease.request, "end-run", MACHINE, data, lease=lease)
            self.ledger.work.finish(lease, {"cancel": [run.id for run in live]})
        except LeaseLost:
            return
        except LedgerUnavailable:
            raise
        except RecastError as problem:
            self.say(f"request {lease.request} cannot be cancelled: {problem}; {problem.why}")
            self.ledger.work.finish(lease, {"error": problem.code})

    def _is_taken(self, request: str) -> bool:
        work = tables.work.c
        where = (work.request == request, work.kind == "run", work.state == "taken")
        with self.ledger.reading() as connection:
            return connection.execute(sql.select(work.id).where(*where).limit(1)).first() is not None


def dispatch(
    database: str,
    settings: DispatchSettings,
    mail: MailSettings,
    base_url: str,
    say: Callable[[str], None],
    *,
    parent: int | None = None,
    once: bool = False,
) -> None:
    """Dispatch until SIGTERM or SIGINT, or until the pipe `parent` is closed; with `once`, until nothing is to be done.

    All drivers leave with it, within a few seconds; their runs go on at the next start. Raises LedgerUnavailable if the
    ledger cannot be opened, and nothing later on: then it waits for the ledger to come back.
    """
    with signals(parent) as ended, Ledger(database) as ledger, Mailing(database, mail, base_url, say) as mailing:
        children = Children(database, settings, ledger, places().state_dir / "dispatch" / "logs", say)
        owner = f"{os.uname().nodename}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        dispatcher = Dispatcher(ledger, children, Clockwork(ledger, say), settings, owner, say)
        try:
            _loop(dispatcher, mailing, ended, say, once=once)
        finally:
            children.end(_END_S)


def _loop(dispatcher: Dispatcher, mailing: Mailing, ended: Ended, say: Callable[[str], None], *, once: bool) -> None:
    pause_s = _FIRST_PAUSE_S
    wait_s = 0.0
    while not ended.wait(wait_s):
        try:
            wait_s = 0.0 if dispatcher.look() else _LOOK_S
            pause_s = _FIRST_PAUSE_S
            mailing.check()
            if once and wait_s and dispatcher.is_idle:
                return
        except LedgerUnavailable as problem:
            say(f"{problem}; {problem.why}; trying again in {pause_s:g} s")
            wait_s, pause_s = pause_s, min(pause_s * 2, _LONGEST_PAUSE_S)
