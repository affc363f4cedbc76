"""The documents that the API answers and the pages show: one function makes each of them, after it has asked `may`."""

from __future__ import annotations

from collections.abc import Mapping

from recast.desk.document import request_row
from recast.desk.objects import Analysis
from recast.json_types import JsonDict
from recast.ledger import Wanted
from recast.service.asked import Asked

__all__ = ["analysis_told", "answers_told", "found_analyses", "found_requests", "version_told"]

_MOST_POINTS = 500


def found_analyses(asked: Asked, q: str, chosen: Mapping[str, str], cursor: str, limit: int) -> JsonDict:
    """Return a page of the analyses with some words, and with the values of facets that are not empty."""
    asked.must()
    wanted = {name: [value] for name, value in chosen.items() if value}
    page = asked.parts.ledger.catalogue.search(q, wanted, cursor, limit)
    facets = {
        name: [{"value": value, "count": count} for value, count in counts] for name, counts in page.facets.items()
    }
    return {
        "items": list(page.items),
        "next": page.next or None,
        "total": page.total,
        "facets": facets,
        "notes": list(page.notes),
        "instead": page.instead or None,
        "meant": list(page.meant),
    }


def analysis_told(asked: Asked, analysis: str) -> JsonDict:
    """Return the record of an analysis: that of the version that stands for it, its card, all its versions."""
    asked.must(Analysis(analysis))
    return _with_cost(asked, asked.parts.ledger.catalogue.record(analysis))


def version_told(asked: Asked, analysis: str, version: str) -> JsonDict:
    """Return the record of one version."""
    asked.must(Analysis(analysis))
    return _with_cost(asked, asked.parts.ledger.catalogue.version(analysis, version))


def answers_told(asked: Asked, analysis: str) -> JsonDict:
    """Return the released answers of an analysis that the actor may read, those of the newest requests first."""
    from recast.operations.points.released import released_points, told_answer

    asked.must(Analysis(analysis))
    asked.parts.ledger.catalogue.record(analysis)  # it must be there
    found = [told_answer(it) for it in released_points(asked.parts.ledger, asked.actor, analysis, _MOST_POINTS)]
    return {"items": found, "next": None, "total": len(found)}


def found_requests(asked: Asked, state: str, analysis: str, cursor: str, limit: int, *, mine: bool) -> JsonDict:
    """Return a page of the requests that the actor may find, the newest first; with `mine`, their own alone."""
    asked.must()
    owner = asked.actor.user if mine else ""
    if mine and not owner:
        return {"items": [], "next": None, "total": 0}
    wanted = Wanted(state=state, analysis=analysis, owner=owner)
    page = asked.parts.ledger.requests(wanted, asked.actor, cursor, limit)
    items = [request_row(request, asked.actor) for request in page.items]
    return {"items": items, "next": page.next or None, "total": page.total}


def _with_cost(asked: Asked, record: JsonDict) -> JsonDict:
    return {**record, "cost_seen": asked.parts.costs.of(str(record.get("digest") or ""))}
