"""What the service knows beside the request itself when something is decided: never taken from whoever asks."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["OUTDATES_FACTS", "Facts"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true now. `id` is a fresh id for a request that is made; `name` the name that the actor goes by.

    `version` and `digest` are what the request's analysis and version mean now, both empty for a search that nobody has
    archived. `policy` is its card's, `core_hours_quota` what that lets each requester use, `core_hours_left` what is
    left to this one (None: no limit), `core_hours` the estimate for the open points. `faults` are those of the points,
    found by the check. `caveat` is what is wrong with that version, empty if nothing is.

    `seen` is the version of the request that they were found for (0: they hold for any).
    """

    id: str = ""
    name: str = ""
    version: str = ""
    digest: str = ""
    collaboration: str = ""
    policy: str = "on-acceptance"
    has_contact: bool = True
    core_hours: float | None = None
    core_hours_quota: float | None = None
    core_hours_left: float | None = None
    faults: tuple[str, ...] = ()
    caveat: str = ""
    seen: int = 0


OUTDATES_FACTS = frozenset({"amended", "submitted", "accepted", "rerun-asked", "archived", "run-ended", "reopened"})
"""The kinds of events after which what was known of a request may hold no longer: it asks for other things."""
