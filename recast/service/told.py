"""The documents that the API answers and the pages show: one function makes each of them, after it has asked `may`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from recast.desk.document import request_row
from recast.desk.history import event_document
from recast.desk.model import Actor, Request
from recast.desk.objects import Analysis
from recast.json_types import JsonDict
from recast.ledger import Wanted
from recast.ledger.people.links import Link, links_of
from recast.ledger.people.tokens import Token, tokens_of
from recast.ledger.people.watches import watched
from recast.service.asked import Asked

__all__ = [
    "all_analyses",
    "analysis_told",
    "answers_told",
    "catalogue_mark",
    "check_told",
    "found_analyses",
    "found_requests",
    "history_told",
    "link_told",
    "links_told",
    "me_told",
    "newest_analyses",
    "released_requests",
    "roles_told",
    "token_told",
    "tokens_told",
    "turns_told",
    "version_told",
]

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


def check_told(asked: Asked, question: JsonDict) -> JsonDict:
    """Return what the catalogue says of points; nothing runs and nothing is kept."""
    asked.to("check").must()
    return asked.parts.check(question, asked.actor, asked.parts.ledger)


def found_requests(
    asked: Asked, state: str, analysis: str, cursor: str, limit: int, *, mine: bool, turn: bool = False
) -> JsonDict:
    """Return a page of the requests that the actor may find, the newest first; with `mine`, their own alone, with
    `turn`, those that wait for them.
    """
    asked.must()
    owner = asked.actor.user if mine else ""
    if (mine or turn) and not asked.actor.user:
        return {"items": [], "next": None, "total": 0}
    wanted = Wanted(state=state, analysis=analysis, owner=owner, turn=turn)
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


def history_told(asked: Asked, request: Request, after: int = 0) -> JsonDict:
    """Return what happened to a request after a version of it, the oldest first, as far as the actor may know of it."""
    policy = asked.policy(request)
    told = (
        event_document(request, event, asked.actor, policy) for event in asked.parts.ledger.events(request.id, after)
    )
    items = [document for document in told if document is not None]
    return {"items": items, "next": None, "total": len(items)}


def turns_told(asked: Asked) -> int:
    """Return how many requests wait for whoever asks."""
    if not asked.actor.user:
        return 0
    return asked.parts.ledger.requests(Wanted(turn=True), asked.actor, "", 1).total


def links_told(asked: Asked, request: Request) -> JsonDict:
    """Return the links to a request that still work."""
    with asked.parts.ledger.reading() as connection:
        items = [link_told(link) for link in links_of(connection, request.id, asked.now)]
    return {"items": items, "next": None, "total": len(items)}


def link_told(link: Link) -> JsonDict:
    """Return what is told of a link: everything but what it opens with."""
    shown = asdict(link)
    return {name: shown[name] for name in ("id", "note", "created", "expires")}


def tokens_told(asked: Asked) -> JsonDict:
    """Return the tokens of whoever asks that still work; their secrets are kept nowhere."""
    with asked.parts.ledger.reading() as connection:
        items = [token_told(token) for token in tokens_of(connection, asked.actor.user, asked.now)]
    return {"items": items, "next": None, "total": len(items)}


def token_told(token: Token) -> JsonDict:
    """Return what is told of a token: everything but its secret."""
    shown = asdict(token)
    return {name: shown[name] for name in ("id", "name", "scopes", "created", "expires", "used")}


def me_told(asked: Asked) -> JsonDict:
    """Return who asks: nobody, too."""
    actor = asked.actor
    scopes = None if actor.scopes is None else sorted(actor.scopes)
    if scopes is not None and "read" not in scopes:  # whoever holds such a token learns whose it is, and no more
        actor = Actor(actor.user)
    with asked.parts.ledger.reading() as connection:
        watching = watched(connection, actor.user) if actor.user and actor is asked.actor else []
    known = {"name": asked.visitor.name, "how": asked.visitor.how, "scopes": scopes, "watching": watching}
    return {**roles_told(actor), **known}


def roles_told(actor: Actor) -> JsonDict:
    """Return what somebody is to the service, to analyses and to collaborations."""
    return {
        "user": actor.user,
        "roles": sorted(actor.roles),
        "contact_of": sorted(actor.contact_of),
        "coordinator_of": sorted(actor.coordinator_of),
    }


def _with_cost(asked: Asked, record: JsonDict) -> JsonDict:
    return {**record, "cost_seen": asked.parts.costs.of(str(record.get("digest") or ""))}
