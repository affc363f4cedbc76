"""A dispatcher's sign of life, with how it is set up, for those who operate the service."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from recast.dispatch.children import Children
from recast.dispatch.settings import DispatchSettings
from recast.errors import RecastError
from recast.json_types import JsonDict
from recast.ledger import Ledger
from recast.site.policy import site_policies

__all__ = ["Heartbeat"]

_EVERY_S = 15.0


class Heartbeat:
    """Says that a dispatcher lives, when it is called and its time has come."""

    def __init__(
        self,
        ledger: Ledger,
        owner: str,
        settings: DispatchSettings,
        children: Children,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger, self._owner, self._settings = ledger, owner, settings
        self._children, self._steady = children, steady
        self._next = 0.0

    def tick(self) -> None:
        """Say it, if a while has passed; raise LedgerUnavailable."""
        if self._steady() >= self._next:
            self._next = self._steady() + _EVERY_S
            self._ledger.heartbeats.beat(self._owner, self._about())

    def _about(self) -> JsonDict:
        settings = self._settings
        return {
            "every_s": _EVERY_S,
            "runs": len(self._children),
            "most_runs": settings.most_runs,
            "executor": settings.executor or "as the site configures it",
            "runtime": settings.runtime or "as the site configures it",
            "max_parallel": settings.max_parallel,
            "build_images": settings.build_images,
            "policy": _policy(),
        }


def _policy() -> list[JsonDict]:
    """Return the rules of the site, or why they cannot be read; where their files lie is not told."""
    try:
        return [{"file": Path(policy.file.path).name, "rules": dict(policy.rules)} for policy in site_policies()]
    except (RecastError, OSError) as problem:
        return [{"file": "", "rules": {}, "problem": str(problem)[:300]}]
