"""Searches that are known and not archived, as documents: what they are, and who has asked for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from recast.catalogue.unarchived import KnownSearch, known_searches
from recast.desk.document import request_row
from recast.json_types import JsonDict
from recast.ledger import Wanted
from recast.service.asked import Asked, no_such

__all__ = ["found_known", "known_told"]

_MOST_LOOKED_AT = 200
"""So many of the newest requests for searches that nobody has archived are compared with one."""

_PLACE = re.compile(r"^(?:arxiv|inspire|doi):", re.IGNORECASE)


def found_known(asked: Asked, q: str) -> JsonDict:
    """Return the known searches with some words, or beginnings of words, that nobody has archived here."""
    asked.must()
    words = [_PLACE.sub("", word) for word in q.casefold().split()]
    items = [it.as_json() for it in _missing(asked) if all(word in _texts(it) for word in words)]
    return {"items": items, "next": None, "total": len(items)}


def known_told(asked: Asked, analysis: str) -> JsonDict:
    """Return one of them, with the requests for it that the actor may find; raise NotFound."""
    asked.must()
    found = _known().get(analysis)
    if found is None or asked.parts.ledger.catalogue.present([analysis]):
        raise no_such(asked.http.path_params)
    rows = asked.parts.ledger.requests(Wanted(unarchived=True), asked.actor, "", _MOST_LOOKED_AT).items
    asks = [request_row(it, asked.actor) for it in rows if _names(it.wanted, found)]
    return {**found.as_json(), "wanted": _wanted(found), "requests": asks}


@cache
def _known() -> Mapping[str, KnownSearch]:
    return known_searches()


def _missing(asked: Asked) -> Iterator[KnownSearch]:
    there = asked.parts.ledger.catalogue.present(_known())
    return (it for name, it in _known().items() if name not in there)


def _texts(search: KnownSearch) -> str:
    said = (search.analysis, search.title, search.collaboration, search.inspire, search.arxiv, search.doi)
    return " ".join(map(str, (*said, search.hepdata_doi))).casefold()


def _names(wanted: str, search: KnownSearch) -> bool:
    """Return whether what somebody wants is this search: by its name or one of its numbers, as a whole."""
    numbers = (search.analysis, search.arxiv, search.doi, search.hepdata_doi, str(search.inspire))
    whole = (rf"(?<![\w.]){re.escape(it)}(?:v\d+)?(?!\w|\.\d)" for it in numbers if it)
    return any(re.search(it, wanted, re.IGNORECASE) for it in whole)


def _wanted(search: KnownSearch) -> str:
    """Return how a request names it."""
    number = f"arXiv:{search.arxiv}" if search.arxiv else f"INSPIRE:{search.inspire}"
    return f"{search.analysis} ({number})"
