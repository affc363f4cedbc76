"""What the service knows when something is decided: the version that is meant, its card's policy, faults and cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from recast.desk.facts import Facts
from recast.errors import NotFound
from recast.ledger import Ledger
from recast.service.checked import checked

if TYPE_CHECKING:
    from recast.desk.model import Request
    from recast.service.asked import Asked

__all__ = ["facts_for", "policy_of"]

_CHECKED = ("submit",)
"""Actions before which every point is checked once more."""


def policy_of(ledger: Ledger, analysis: str) -> str:
    """Return the policy for requests of an analysis' card; that of a search that nobody has archived is the default."""
    return _of_analysis(ledger, analysis, "").policy


def facts_for(asked: Asked, request: str | None, action: str, data: Mapping[str, Any]) -> Facts:
    """Return what is true now for an action on a request (None: one that is made)."""
    ledger = asked.parts.ledger
    known = None if request is None else ledger.request(request)
    analysis, version = _meant(known, data)
    facts = replace(_of_analysis(ledger, analysis, version), name=asked.visitor.name)
    if known is None or action not in _CHECKED:
        return facts
    return checked(asked, known, facts)


def _meant(known: Request | None, data: Mapping[str, Any]) -> tuple[str, str]:
    """Return the analysis and version that an action is about."""
    analysis, version = data.get("analysis"), data.get("version")
    if known is not None:
        analysis = analysis or known.analysis
        version = version or known.analysis_version
    return (analysis if isinstance(analysis, str) else ""), (version if isinstance(version, str) else "")


def _of_analysis(ledger: Ledger, analysis: str, version: str) -> Facts:
    """Return what the catalogue says; nothing for an analysis or version that is not there: `decide` says so."""
    if not analysis:
        return Facts(has_contact=False)
    try:
        return ledger.catalogue.facts(analysis, version)
    except NotFound:
        return Facts(has_contact=False)
