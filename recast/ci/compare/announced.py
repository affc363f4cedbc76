"""Changes that somebody announced: which quantity may move, why, who said so, and by how much."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from recast.ci.compare.reading.numbers import number
from recast.ci.compare.rules import matches
from recast.json_types import JsonObject

__all__ = ["Announced", "announcements"]


@dataclass(frozen=True, slots=True)
class Announced:
    """An announced change: `quantity` is a pattern of pointers; without `delta` any change of them is announced."""

    quantity: str
    why: str = ""
    by: str = ""
    at: str = ""
    delta: float | None = None

    def covers(self, pointer: str, delta: float | None, slack: float) -> bool:
        """Return whether a change is the announced one, within `slack`."""
        if not matches(self.quantity, pointer):
            return False
        # What has no number any more is not the change of a number that somebody agreed to.
        return self.delta is None or (delta is not None and abs(delta - self.delta) <= slack)

    @property
    def words(self) -> str:
        """Who announced it and why."""
        return "announced" + (f" by {self.by}" if self.by else "") + (f": {self.why}" if self.why else "")


def announcements(found: Iterable[Announced | JsonObject | str]) -> tuple[Announced, ...]:
    """Return announced changes: as they are, from rows of `accepted` in `reference.lock.json`, or from patterns."""
    return tuple(_announced(one) for one in found)


def _announced(one: Announced | JsonObject | str) -> Announced:
    if isinstance(one, Announced):
        return one
    if isinstance(one, str):
        return Announced(one)
    words = {key: str(one.get(key) or "") for key in ("why", "by", "at")}
    return Announced(str(one["quantity"]), delta=number(one.get("delta")), **words)
