"""The documents that the API answers and the pages show: one function makes each of them, after it has asked `may`."""

from __future__ import annotations

from collections.abc import Mapping

from recast.desk.document import request_row
from recast.desk.model import Actor
from recast.desk.objects import Analysis
from recast.json_types import JsonDict
from recast.ledger import Wanted
from recast.service.asked import Asked

__all__ = [
    "all_analyses",
    "analysis_told",
    "catalogue_mark",
    "found_analyses",
    "found_requests",
    "newest_analyses",
    "released_requests",
    "version_told",
]


def found_analyses(asked: Asked, q: str, chosen: Mapping[str, str], cursor: str, limit: int) -> JsonDict:
    """Return a page of the analyses with some words, and with the values of facets that are not empty."""
    asked.must()
    wanted = {name: [value] for name, value in chosen.items() if value}
    page = asked.parts.ledger.catalogue.search(q, wanted, cursor, limit)
    facets = {
        name: [{"value": value, "count": count} for value, count in counts] for name, counts in page.facets.items()
    }
    return {"items": list(page.items), "next": page.next or None, "total": page.total, "facets": facets}


def analysis_told(asked: Asked, analysis: str) -> JsonDict:
    """Return the record of an analysis: that of the version that stands for it, its card, all its versions."""
    asked.must(Analysis(analysis))
    return asked.parts.ledger.catalogue.record(analysis)


def version_told(asked: Asked, analysis: str, version: str) -> JsonDict:
    """Return the record of one version."""
    asked.must(Analysis(analysis))
    return asked.parts.ledger.catalogue.version(analysis, version)


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


def newest_analyses(asked: Asked, q: str, chosen: Mapping[str, str], limit: int) -> list[JsonDict]:
    """Return those of the analyses of a search that have changed last, the newest first."""
    asked.must()
    wanted = {name: [value] for name, value in chosen.items() if value}
    return list(asked.parts.ledger.catalogue.newest(q, wanted, limit))


def all_analyses(asked: Asked) -> list[JsonDict]:
    """Return the line of every analysis, by name."""
    asked.must()
    return asked.parts.ledger.catalogue.lines()


def catalogue_mark(asked: Asked) -> str:
    """Return what changes whenever the list of analyses does."""
    asked.must()
    return asked.parts.ledger.catalogue.generation()


def released_requests(asked: Asked, analysis: str, limit: int) -> list[JsonDict]:
    """Return the released requests of an analysis that everybody may find, whoever asks; the newest first."""
    asked.must(Analysis(analysis))
    nobody = Actor()
    page = asked.parts.ledger.requests(Wanted(state="released", analysis=analysis), nobody, "", limit)
    return [request_row(request, nobody) for request in page.items]
