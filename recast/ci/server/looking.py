"""Looks at remotes: at the start, every minute, and when a forge has called, so that a lost hook is no lost verdict."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
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
    """Looks at the remotes of repositories, one after the other; `folder` is where git is started.

    A remote that cannot be read is left alone for a while, which doubles each time up to `every_s`.
    """

    repositories: dict[str, Repository]
    ledger: Ledger
    folder: Path
    every_s: float
    say: Callable[[str], None]
    _failed: dict[str, tuple[int, float]] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def look_at_due(self) -> int:
        """Look at all remotes for which it is time; return how many were read. The first time it is for all of them."""
        due = self.ledger.to_look_at(self.repositories, self.every_s)
        return sum(self._try(name) for name in self.repositories if name in due or name not in self._seen)

    def look_at(self, repository: Repository) -> None:
        """Look at one remote, and note what changed; raise RecastError if it cannot be read."""
        refs, requests, heard, first = self.ledger.known(repository.name)
        heads = heads_of(repository.remote, self.folder, repository.limits)
        fits = {ref for ref, (named, _) in heard.items() if ref in heads and named in _names(heads[ref])}
        found = compare_refs(repository, heads, refs, requests, fits, first=first)
        self.ledger.note_look(repository.name, found, heard, lambda: secrets.token_hex(5))
        for it in found.wanted:
            self.say(f"{repository.name}: {it.ref} is at {it.commit[:10]}{f' ({it.word})' if it.word else ''}")

    def _try(self, name: str) -> bool:
        count, again_at = self._failed.get(name, (0, 0.0))
        if time.monotonic() < again_at:
            return False
        try:
            self.look_at(self.repositories[name])
        except RecastError as problem:
            wait_s = min(self.every_s, _FIRST_WAIT_S * 2**count)
            self._failed[name] = (min(count + 1, 20), time.monotonic() + wait_s)
            self.say(f"{name}: {problem}; again in {wait_s:.0f} s" + (f"\n{problem.why}" if problem.why else ""))
            return False
        self._failed.pop(name, None)
        self._seen.add(name)
        return True


def _names(head: Head) -> tuple[str, str]:
    return head.object, head.commit
