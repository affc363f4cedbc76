"""What the service knows when something is decided: the version that is meant, its card's policy, faults and cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from recast.desk.deciding.runs import again
from recast.desk.document import amended_document, as_document
from recast.desk.facts import Facts
from recast.desk.may import may
from recast.json_types import JsonDict
from recast.ledger import FactsOutdated
from recast.ledger.spending import COSTLY
from recast.operations.points.cost import estimated

if TYPE_CHECKING:
    from recast.desk.model import Actor, Request
    from recast.service.identity import Visitor
    from recast.service.parts import Parts

__all__ = ["Asking", "facts_for", "with_facts"]

Done = TypeVar("Done")
_TRIES = 5

_UNKNOWN_CORE_HOURS = 0.05
"""For a point of what nobody has run yet: some are tried as long as enough is left of a quota, and then the cost is
known. Thousands at once are not: they may cost anything.
"""

_NAMES_ANALYSIS = ("draft", "amend", "archive")


class Asking(Protocol):
    """Who asks, of which service, and when."""

    parts: Parts

    @property
    def visitor(self) -> Visitor:
        """Who asks, and how they are known."""

    @property
    def actor(self) -> Actor:
        """Who asks, as the desk sees them."""

    @property
    def now(self) -> str:
        """The time, as documents have it."""


def facts_for(asked: Asking, request: str | None, action: str, data: Mapping[str, Any]) -> Facts:
    """Return what is true now for an action on a request (None: one that is made)."""
    ledger = asked.parts.ledger
    known = None if request is None else ledger.head(request)
    seen = 0 if known is None else known.version
    facts = ledger.catalogue.facts_if_known(*_meant(known, action, data))
    facts = replace(facts, name=asked.visitor.name, seen=seen)
    if known is None or not may(asked.actor, action, known, facts.policy).yes:
        return facts  # what takes long is not done for who may not: it would tell them that the request is there
    if action == "submit":
        return _checked(asked, as_document(asked.parts.recent.whole(known)), facts)
    if action == "amend" and known.state == "submitted":
        return _checked(asked, amended_document(asked.parts.recent.whole(known), data), facts)
    if action in COSTLY and asked.actor.user == known.owner:
        whole = asked.parts.recent.whole(known)
        return _priced(asked, whole, facts, _points(whole, action, data))
    return facts


def with_facts(
    asked: Asking, request: str | None, action: str, data: Mapping[str, Any], do: Callable[[Facts], Done]
) -> Done:
    """Do something with what is true now; again if the request has changed, meanwhile, what the facts are about."""
    for _ in range(_TRIES - 1):
        with suppress(FactsOutdated):
            return do(facts_for(asked, request, action, data))
    return do(facts_for(asked, request, action, data))


def _meant(known: Request | None, action: str, data: Mapping[str, Any]) -> tuple[str, str]:
    """Return the analysis and version that an action is about.

    What a client says counts only where it says what is asked for: whose policy judges an action is not theirs to name.
    """
    if known is not None and action not in _NAMES_ANALYSIS:
        return known.analysis, "" if action == "rerun" else known.analysis_version  # run again on what it is by now
    said = amended_document(known, data) if known is not None and action == "amend" else data
    analysis, version = said.get("analysis"), said.get("version")
    return (analysis if isinstance(analysis, str) else ""), (version if isinstance(version, str) else "")


def _checked(asked: Asking, document: JsonDict, facts: Facts) -> Facts:
    """Return the facts with every fault of the points; those of a search that nobody has archived cannot be checked."""
    if not document.get("analysis"):
        return facts
    said = asked.parts.check(document, asked.actor, asked.parts.ledger)
    return replace(facts, faults=tuple(_in_words(it) for it in said["faults"]))


def _in_words(fault: Mapping[str, Any]) -> str:
    where = " ".join(filter(None, (str(fault.get("point", "")), str(fault.get("where", "")))))
    return f"{where}: {fault['what']}" if where else str(fault["what"])


def _points(request: Request, action: str, data: Mapping[str, Any]) -> int:
    """Return how many points an action would run; `decide` judges what is malformed."""
    named = data.get("points") or None
    if action == "rerun":
        return len(again(request.points, named if isinstance(named, (list, tuple)) else None))
    return sum(point.state == "open" for point in request.points)


def _priced(asked: Asking, request: Request, facts: Facts, points: int) -> Facts:
    """Return the facts with what some points cost, and what the card lets each requester use."""
    ledger = asked.parts.ledger
    digest = facts.digest or request.digest
    cost = estimated(ledger, digest, points).core_hours
    quota = float(ledger.catalogue.record(request.analysis)["card"].get("quota_core_hours") or 0) if digest else 0.0
    return replace(facts, core_hours=points * _UNKNOWN_CORE_HOURS if cost is None else cost, core_hours_quota=quota)
