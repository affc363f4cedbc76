"""The dispatcher: takes work from the ledger, gives each piece to a process of its own, and sees to what time demands.

It holds no state that matters: whatever it knows is in the ledger, in the locks of the runs, and in its children.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from recast.desk.model import MACHINE
from recast.dispatch.children import Children
from recast.dispatch.clockwork import Clockwork
from recast.dispatch.ending import give_up
from recast.dispatch.heartbeat import Heartbeat
from recast.dispatch.housekeeping import Housekeeping
from recast.dispatch.jumps import Jumps
from recast.dispatch.mailing import Mailing
from recast.dispatch.owners import new_owner
from recast.dispatch.settings import DispatchSettings, MailSettings
from recast.dispatch.spoken import unfailing
from recast.dispatch.woken import Ended, signals
from recast.errors import RecastError, in_words
from recast.ledger import LeaseLost, Ledger, LedgerUnavailable
from recast.ledger.work import Lease
from recast.paths import places

__all__ = ["Dispatcher", "dispatch"]

_KINDS = ("run", "cancel")
_LOOK_S, _END_S, _START_AGAIN_S = 0.5, 5.0, 15.0
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
    jumps: Jumps
    heartbeat: Callable[[], None] = lambda: None

    def look(self) -> bool:
        """Do what can be done now; return whether there may be more. Raises LedgerUnavailable, and what any part of it
        has met that nobody foresaw, after all others were done.
        """
        faults = list[Exception]()
        for part in (self.children.reap, self.children.carry_out_wishes, self.clockwork.tick, self.heartbeat):
            _try(part, faults)
        taken = _try(self._take, faults)
        if faults:
            raise faults[0]
        return bool(taken)

    def _take(self) -> bool:
        kinds = _KINDS if self.children.room > 0 else _KINDS[1:]
        alive, settled = self.children.work, self.jumps.settled()
        lease = self.ledger.work.take(self.owner, kinds, float(self.settings.lease_s), alive=alive, silent=settled)
        if lease is None:
            return False
        if lease.kind != "run":
            self._cancel(lease)
        elif lease.silent_ends >= self.settings.most_tries:
            self._give_up(lease)
        else:
            self._start(lease)
        return True

    def get_ready(self) -> None:
        """Have a process that waits for work, so that the next run begins at once; it can do without."""
        with suppress(OSError):
            self.children.be_ready()

    @property
    def is_idle(self) -> bool:
        """Whether no child works, and no work waits."""
        return not len(self.children) and not self.ledger.work.waiting()

    def _start(self, lease: Lease) -> None:
        try:
            self.children.start(lease)
        except OSError as problem:  # no process, no file, no memory: that is nothing that the work has done
            self.say(f"work {lease.id} cannot be started: {type(problem).__name__}: {problem}")
            self.ledger.work.postpone(lease, _START_AGAIN_S, "no process could be started")

    def _give_up(self, lease: Lease) -> None:
        self.say(f"work {lease.id}: {lease.silent_ends} processes have ended without a word; it is given up")
        try:
            give_up(self.ledger, lease, "The processes that drove this run ended without a word, again and again")
        except (LeaseLost, LedgerUnavailable):
            raise
        except RecastError as problem:
            self.say(f"{problem}; {problem.why}")
            self.ledger.work.finish(lease, {"error": problem.code})

    def _cancel(self, lease: Lease) -> None:
        """See to a wish to cancel: the desk is told if there is no run. Drivers hear of it by themselves, and whoever
        has begun nothing cannot begin any more (`drop_waiting`).
        """
        try:
            with self.ledger.together():
                live = [run.id for run in self.ledger.runs.of_request(lease.request) if run.state != "ended"]
                if not live:
                    data = {"run": "none", "reason": "cancelled before it began"}
                    self.ledger.act(lease.request, "end-run", MACHINE, data, lease=lease)
                self.ledger.work.finish(lease, {"cancel": live})
        except (LeaseLost, LedgerUnavailable):
            raise
        except RecastError as problem:
            self.say(f"request {lease.request} cannot be cancelled: {problem}; {problem.why}")
            self.ledger.work.finish(lease, {"error": problem.code})


def _try(part: Callable[[], object], faults: list[Exception]) -> object:
    """Do a part of a look; what it meets is noted, so that the other parts are done all the same."""
    try:
        return part()
    except LeaseLost:  # somebody else sees to it
        return True
    except LedgerUnavailable:
        raise
    except Exception as problem:
        faults.append(problem)
        return None


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
    say = unfailing(say)
    with signals(parent) as ended, Ledger(database) as ledger, Mailing(database, mail, base_url, say) as mailing:
        children = Children(database, settings, ledger, places().state_dir / "dispatch" / "logs", say)
        owner = new_owner()
        clockwork = Clockwork(ledger, say, housekeeping=Housekeeping(ledger, places(), say))
        heartbeat = Heartbeat(ledger, owner, settings, children).tick
        jumps = Jumps(settings.lease_s / 2)
        dispatcher = Dispatcher(ledger, children, clockwork, settings, owner, say, jumps, heartbeat)
        try:
            _loop(dispatcher, mailing, ended, say, once=once)
        finally:
            children.end(_END_S)


def _loop(dispatcher: Dispatcher, mailing: Mailing, ended: Ended, say: Callable[[str], None], *, once: bool) -> None:
    """Look again and again. Whatever a look meets is said, and the next one comes after a while that grows."""
    pause_s = _FIRST_PAUSE_S
    wait_s = 0.0
    while not ended.wait(wait_s):
        try:
            wait_s = 0.0 if dispatcher.look() else _LOOK_S
            mailing.check()
            pause_s = _FIRST_PAUSE_S
            if once and wait_s and dispatcher.is_idle:
                return
            if wait_s and not once:
                dispatcher.get_ready()
        except Exception as problem:
            error = in_words(problem)
            say(f"{error}; {error.why}; trying again in {pause_s:g} s")
            wait_s, pause_s = pause_s, min(pause_s * 2, _LONGEST_PAUSE_S)
