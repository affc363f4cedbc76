"""Looks at remotes: at the start, every minute, and when a forge has called, so that a lost hook is no lost verdict."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from recast.ci.checkout import Head, heads_of
from recast.ci.server.ledger import Ledger
from recast.ci.server.plan import compare_refs
from recast.ci.server.settings import Repository
from recast.errors import RecastError

__all__ = ["Looker"]

_FIRST_WAIT_S = 2.0


@dataclass
class Looker:
    """Looks at the remote of a repository; `folder` is where git is started.

    A remote that cannot be read is left alone for a while, which doubles each time up to `every_s`.
    """

    repository: Repository
    ledger: Ledger
    folder: Path
    every_s: float
    say: Callable[[str], None]
    _failed: int = 0
    _again_at: float = 0.0
    _looked: bool = False

    def look_if_due(self) -> bool:
        """Look at the remote if it is time, as it is the first time; return whether it was read."""
        name = self.repository.name
        if time.monotonic() < self._again_at or (self._looked and not self.ledger.is_due(name, self.every_s)):
            return False
        try:
            self.look()
        except RecastError as problem:
            wait_s = min(self.every_s, _FIRST_WAIT_S * 2 ** min(self._failed, 20))
            self._failed, self._again_at = self._failed + 1, time.monotonic() + wait_s
            self.say(f"{name}: {problem}; again in {wait_s:.0f} s" + (f"\n{problem.why}" if problem.why else ""))
            return False
        self._failed, self._looked = 0, True
        return True

    def look(self) -> None:
        """Look at the remote, and note what changed; raise RecastError if it cannot be read."""
        here = self.repository
        refs, requests, heard, first = self.ledger.known(here.name)
        heads = heads_of(here.remote, self.folder, here.limits)
        fits = {ref for ref, (named, _) in heard.items() if ref in heads and named in _names(heads[ref])}
        found = compare_refs(here, heads, refs, requests, fits, first=first)
        changed = {ref: it for ref, it in found.refs.items() if it != refs.get(ref)}  # of thousands, as a rule none
        self.ledger.note_look(here.name, replace(found, refs=changed), heard, lambda: secrets.token_hex(5))
        for it in found.wanted:
            self.say(f"{here.name}: {it.ref} is at {it.commit[:10]}{f' ({it.word})' if it.word else ''}")


def _names(head: Head) -> tuple[str, str]:
    return head.object, head.commit
