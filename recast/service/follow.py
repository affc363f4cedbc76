"""The index follows the catalogue, in a thread of the web process: what is published is found within two seconds."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from recast.errors import in_words
from recast.ledger import Ledger
from recast.ledger.catalogue.records import VersionRecord
from recast.service.log import log

if TYPE_CHECKING:
    from recast.ledger.catalogue.follow import Follower

__all__ = ["follow"]

LOOK_S = 0.5
_AGAIN_S = 30.0


def follow(ledger: Ledger, ended: threading.Event) -> threading.Thread:
    """Start the thread; it ends with the process, or soon after `ended` is set.

    What is asked for and not found waits for its first look: it may have been published before the service started.
    """
    ledger.catalogue.complete.clear()
    thread = threading.Thread(target=_begin, args=(ledger, ended), name="catalogue", daemon=True)
    thread.start()
    return thread


def _warn(ledger: Ledger, version: VersionRecord) -> None:
    """Mark answers that rest on a version which is no longer simply published."""
    from recast.ledger.warning import warn_of

    warn_of(ledger, version)


def _follow(ledger: Ledger, ended: threading.Event) -> None:
    # The catalogue's machinery is imported here, so that requests are answered before.
    from recast.catalogue import Catalogue
    from recast.ledger.catalogue.follow import Follower

    follower = Follower(
        ledger.catalogue,
        Catalogue(),
        lambda version: _warn(ledger, version),
        lambda text: log("warning", "catalogue", what=text),
    )
    pause_s = 0.0
    while not ended.wait(pause_s):
        pause_s = _look(follower)
        ledger.catalogue.complete.set()


def _begin(ledger: Ledger, ended: threading.Event) -> None:
    try:
        _follow(ledger, ended)
    finally:
        ledger.catalogue.complete.set()  # whatever happened: nobody waits for a look that does not come


def _look(follower: Follower) -> float:
    """Look once, and return after how long to look again. Nothing that a look meets ends the thread."""
    try:
        looked = follower.look()
        if looked.indexed or looked.removed:
            log("info", "catalogue", indexed=looked.indexed, removed=looked.removed)
        return LOOK_S
    except Exception as problem:
        error = in_words(problem)
        log("error", "catalogue", code=error.code, what=error.what, why=error.why, where=error.where)
        return _AGAIN_S
