"""The addresses for machines. All of them are the same for everybody: what a stranger may read, and nothing else."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from recast.errors import NotFound
from recast.json_types import JsonObject
from recast.service.api.analyses import ChosenFacets, Name, Number
from recast.service.asked import AskedNow
from recast.service.feeds import atom, badge
from recast.service.feeds.analyses import feed_of_analysis, feed_of_search
from recast.service.feeds.hepdata import listed
from recast.service.feeds.kept import kept, once_a_change
from recast.service.feeds.sitemap import robots, sitemap
from recast.service.http.json_body import DeskRoute
from recast.service.pages import linked
from recast.service.pages.record.shown import bibtex_of, cff_of
from recast.service.told import all_analyses, analysis_told, newest_analyses, released_requests, version_told
from recast.terminal_safe import json_visible

__all__ = ["router"]

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

_FOR_OTHER_PAGES = {"Cross-Origin-Resource-Policy": "cross-origin"}
"""Badges and data are shown and read by pages of other sites."""


@router.get("/analyses.atom")
def feed_of_a_search(asked: AskedNow, chosen: ChosenFacets, q: Annotated[str, Query(max_length=300)] = "") -> Response:
    """Give the analyses of a search that have changed last; without words and facets, of all."""
    found, base = newest_analyses(asked, q, chosen, atom.MOST_ENTRIES), asked.base
    content = atom.written(feed_of_search(base, {"q": q, **chosen}, found))
    return kept(asked, content, atom.MEDIA_TYPE, absolute=True)


@router.get("/analyses/{analysis}/feed.atom")
def feed_of_an_analysis(asked: AskedNow, analysis: Name) -> Response:
    """Give the versions and the released answers of an analysis, the newest first."""
    record, base = analysis_told(asked, analysis), asked.base
    feed = feed_of_analysis(base, record, released_requests(asked, analysis, atom.MOST_ENTRIES))
    return kept(asked, atom.written(feed), atom.MEDIA_TYPE, absolute=True)


@router.get("/analyses/{analysis}/badge.svg")
def badge_of_an_analysis(asked: AskedNow, analysis: Name) -> Response:
    """Draw the status of an analysis, for pages of others."""
    return kept(asked, badge.badge(analysis_told(asked, analysis)), badge.MEDIA_TYPE, _FOR_OTHER_PAGES)


@router.get("/analyses/{analysis}/record.jsonld")
def linked_data_of_an_analysis(asked: AskedNow, analysis: Name) -> Response:
    """Describe an analysis in the words of schema.org."""
    return _linked(asked, analysis_told(asked, analysis))


@router.get("/analyses/{analysis}/versions/{version}/record.jsonld")
def linked_data_of_a_version(asked: AskedNow, analysis: Name, version: Number) -> Response:
    """Describe a version in the words of schema.org."""
    return _linked(asked, version_told(asked, analysis, version))


@router.get("/analyses/{analysis}/versions/{version}/CITATION.cff")
def citation_file(asked: AskedNow, analysis: Name, version: Number) -> Response:
    """Give what to cite for a version as CITATION.cff, for a download."""
    content = cff_of(version_told(asked, analysis, version))
    return kept(asked, content.encode(), "application/yaml; charset=utf-8", _download("CITATION.cff"))


@router.get("/analyses/{analysis}/versions/{version}/CITATION.bib")
def bibtex(asked: AskedNow, analysis: Name, version: Number) -> Response:
    """Give what to cite for a version as BibTeX, for a download."""
    content = bibtex_of(version_told(asked, analysis, version))
    return kept(asked, content.encode(), "application/x-bibtex; charset=utf-8", _download("CITATION.bib"))


@router.get("/hepdata/analyses.json")
def list_for_hepdata(asked: AskedNow) -> Response:
    """List the analyses as HEPData reads such lists from tools; a catalogue without any has none."""
    base = asked.base

    def make() -> bytes:
        lines = all_analyses(asked)
        date = max((str(it.get("changed") or "") for it in lines), default="") or atom.NEVER
        document = listed(base, lines, date)
        return json.dumps(document, ensure_ascii=False, indent=1).encode() if document["analyses"] else b""

    content = once_a_change(asked, "hepdata", make)
    if not content:
        raise NotFound("No analysis here names its paper at INSPIRE", next_step="recast help entry.invalid")
    return kept(asked, content, "application/json", _FOR_OTHER_PAGES, absolute=True)


@router.get("/sitemap.xml")
def site_map(asked: AskedNow) -> Response:
    """Say which pages there are."""
    base = asked.base
    content = once_a_change(asked, "sitemap", lambda: sitemap(base, all_analyses(asked)))
    return kept(asked, content, "application/xml", absolute=True)


@router.get("/robots.txt")
def for_robots(asked: AskedNow) -> Response:
    """Say which addresses are not for robots."""
    asked.must()
    content = robots(asked.base, asked.parts.settings.prefix).encode()
    return kept(asked, content, "text/plain; charset=utf-8", absolute=True)


def _linked(asked: AskedNow, record: JsonObject) -> Response:
    content = json_visible(json.dumps(linked.linked_data(record, asked.base), ensure_ascii=False, indent=1)).encode()
    return kept(asked, content, linked.MEDIA_TYPE, _FOR_OTHER_PAGES, absolute=True)


def _download(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
