"""What a driver says to the ledger, from a thread of its own: a slow or absent database holds up no run.

Answers queue up and are written in their order, each once; pictures that wait become one. The heartbeat that keeps
the lease goes the same way. Whoever has lost the lease must not go on: `lost` is called, once.

Nothing else ends the thread before its time: a fault that nobody foresaw is waited for like an absent ledger, and what
meets it again and again is set aside, so that the rest is said.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from recast.dispatch.spoken import unfailing
from recast.errors import RecastError
from recast.ledger import LeaseLost, Ledger, LedgerUnavailable
from recast.ledger.pictures import Picture
from recast.ledger.work import Lease

__all__ = ["CALM_S", "WATCHED_S", "Voice"]

WATCHED_S, CALM_S = 1.0, 10.0
"""How often there is a new picture: while somebody looks at the run, and otherwise."""

_LOOKS_WITHIN_S = 30.0
_MOST_AT_ONCE = 50
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 10.0
_MOST_FAULTS = 5
"""So often something is tried to be said that meets a fault of ours."""

Saying = Callable[[Ledger, Lease], object]


@dataclass(slots=True)
class _State:
    lease: Lease
    picture: Picture | None = None
    has_missed: bool = False
    is_watched: bool = False
    is_lost: bool = False
    is_closing: bool = False
    is_speaking: bool = False
    faults: int = 0
    """How often what is to be said now has met a fault."""


class Voice:
    """The thread that speaks for one driver. `say` gets the messages about what could not be said yet."""

    def __init__(
        self,
        ledger: Ledger,
        lease: Lease,
        run: str,
        lease_s: float,
        lost: Callable[[], None],
        say: Callable[[str], None],
    ) -> None:
        self._ledger, self._run, self._lease_s, self._lost = ledger, run, lease_s, lost
        self._say = unfailing(say)
        self._state = _State(lease)
        self._sayings: deque[Saying] = deque()
        self._wake = threading.Condition()
        self._renew_at = 0.0
        self._thread = threading.Thread(target=self._speak, name="voice", daemon=True)
        self._thread.start()

    @property
    def ledger(self) -> Ledger:
        """The ledger that it speaks to."""
        return self._ledger

    @property
    def lease(self) -> Lease:
        """The lease as it was renewed last."""
        return self._state.lease

    @property
    def is_lost(self) -> bool:
        """Whether the work is somebody else's now."""
        return self._state.is_lost

    @property
    def picture_every_s(self) -> float:
        """How often a picture is wanted now."""
        return WATCHED_S if self._state.is_watched else CALM_S

    def say(self, saying: Saying) -> None:
        """Have something written, after all that was said before, and until it is written."""
        with self._wake:
            self._sayings.append(saying)
            self._wake.notify()

    @property
    def has_missed(self) -> bool:
        """Whether a picture was set aside, so that the next one has to be whole."""
        return self._state.has_missed

    def show(self, picture: Picture) -> None:
        """Have a picture written; one that still waits becomes a part of it."""
        with self._wake:
            self._state.picture = picture.after(self._state.picture)
            self._state.has_missed &= not picture.whole
            self._wake.notify()

    def close(self, longest_s: float) -> bool:
        """Write what is left, for at most so long, then stop; return whether everything was written."""
        with self._wake:
            self._state.is_closing = True
            self._wake.notify()
        self._thread.join(longest_s)
        return not self._thread.is_alive() and not self._sayings and not self.is_lost

    def _speak(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._state.is_lost:
            try:
                if self._one() is False:
                    return
                pause_s = _FIRST_PAUSE_S
                continue
            except LeaseLost as problem:
                self._give_up(problem)
                return
            except LedgerUnavailable as problem:
                self._say(f"the ledger: {problem}; {problem.why}; trying again in {pause_s:g} s")
            except Exception as problem:
                self._note_fault(problem, pause_s)
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _note_fault(self, problem: Exception, pause_s: float) -> None:
        """Report a fault that nobody foresaw; what has met one too often is set aside, unless it is a heartbeat."""
        state = self._state
        self._say(f"a fault: {type(problem).__name__}: {problem}; trying again in {pause_s:g} s")
        if not state.is_speaking:  # a heartbeat
            return
        state.faults += 1
        if state.faults < _MOST_FAULTS:
            return
        state.faults = 0
        if self._sayings:
            self._sayings.popleft()
            self._say("what met it is not said")
        else:
            with self._wake:
                state.picture, state.has_missed = None, True

    def _one(self) -> bool:
        """Do what is due; return False if there is nothing left and the voice is closing."""
        state = self._state
        state.is_speaking = False
        if self._is_heartbeat_due():
            self._heartbeat()
        state.is_speaking = True
        if self._sayings:
            self._say_some()
        elif (picture := state.picture) is not None:
            self._ledger.snapshots.write(state.lease, self._run, picture)
            with self._wake:
                if state.picture is picture:
                    state.picture = None
        elif state.is_closing:
            return False
        else:
            self._wait()
        state.faults = 0
        return True

    def _is_heartbeat_due(self) -> bool:
        """By either clock: one stands still while the machine sleeps, the other may be set back."""
        left_s = self._state.lease.until - self._ledger.now()
        return time.monotonic() >= self._renew_at or left_s <= self._lease_s * 3 / 4

    def _say_some(self) -> None:
        """Write what was said first, as one transaction: what a hundred points say waits for the disk once. After a
        fault, one by one: it is that of one of them.
        """
        most = 1 if self._state.faults else _MOST_AT_ONCE
        some = [self._sayings[at] for at in range(min(len(self._sayings), most))]
        with self._ledger.together():
            for saying in some:
                self._write(saying)
        for _ in some:
            self._sayings.popleft()

    def _write(self, saying: Saying) -> None:
        """Write one thing. What the desk refuses is reported and dropped: saying it again would not help."""
        try:
            saying(self._ledger, self._state.lease)
        except (LeaseLost, LedgerUnavailable):
            raise
        except RecastError as problem:
            self._say(f"the desk refused what was said: {problem}; {problem.why}")

    def _heartbeat(self) -> None:
        self._state.lease = self._ledger.work.renew(self._state.lease, self._lease_s)
        self._renew_at = time.monotonic() + self._lease_s / 4
        self._state.is_watched = self._ledger.snapshots.looked(self._run, _LOOKS_WITHIN_S)

    def _wait(self) -> None:
        with self._wake:
            if not (self._sayings or self._state.picture or self._state.is_closing):
                self._wake.wait(WATCHED_S)
        if not self._sayings:
            self._state.is_watched = self._ledger.snapshots.looked(self._run, _LOOKS_WITHIN_S)

    def _give_up(self, problem: LeaseLost) -> None:
        self._say(f"the work is somebody else's now: {problem.why}")
        self._state.is_lost = True
        self._lost()
