"""Where links lead: to pages of ours, and to the few places outside that a record names by a number of theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from recast.json_types import JsonObject
from recast.service.pages.shape import text

__all__ = ["Link", "page_of_version", "query", "references", "within"]


@dataclass(frozen=True, slots=True)
class Link:
    """A link to another place; without an address it is a number that has not the form that the place gives."""

    place: str
    text: str
    address: str


_ARXIV = re.compile(r"\d{4}\.\d{4,5}(?:v\d{1,3})?|[a-z-]{2,20}(?:\.[A-Z]{2})?/\d{7}(?:v\d{1,3})?")
_DOI = re.compile(r"10\.\d{4,9}/[\x21-\x7e]{1,200}")
_PLACES = (
    ("arxiv", "arXiv", _ARXIV, "https://arxiv.org/abs/"),
    ("doi", "Paper (DOI)", _DOI, "https://doi.org/"),
    ("inspire", "INSPIRE", re.compile(r"\d{1,12}"), "https://inspirehep.net/literature/"),
    ("hepdata", "HEPData", re.compile(r"ins\d{1,12}"), "https://www.hepdata.net/record/"),
    ("hepdata_doi", "Data (DOI)", _DOI, "https://doi.org/"),
)


def references(found: JsonObject) -> Iterator[Link]:
    """Yield the links of a record. What a stranger wrote becomes an address only in the form of its place."""
    for key, place, form, begins in _PLACES:
        if number := text(found.get(key), 200):
            fits = form.fullmatch(number) is not None
            yield Link(place, number, begins + quote(number, safe="/:;()") if fits else "")


def page_of_version(analyses: str, name: str, number: str) -> str:
    """Return the address of the page of a version; `analyses` is that of the list. A number may end in `.json`, as
    `1.0.0-rc.json` does: then a slash says that the page is meant, and not the document of `1.0.0-rc`.
    """
    return f"{analyses}/{quote(name)}/versions/{quote(number, safe='+')}{'/' * number.endswith('.json')}"


def query(path: str, wanted: Mapping[str, str], **other: str) -> str:
    """Return an address with its query: the wanted values, and others in their place; empty ones are left out."""
    given = {name: value for name, value in {**wanted, **other}.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def within(where: str) -> str:
    """Return the field of a document that a place in it lies in: `scopes` for `/scopes/0`."""
    return where.strip("/").partition("/")[0]
