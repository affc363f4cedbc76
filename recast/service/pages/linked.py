"""A record as linked data (JSON-LD) in the words of schema.org, for whoever collects data sets and software. Pure."""

from __future__ import annotations

import json

from markupsafe import Markup

from recast.json_types import JsonDict, JsonObject
from recast.service.pages.links import page_of_version, references
from recast.service.pages.shape import mapping, text, texts
from recast.terminal_safe import json_visible

__all__ = ["MEDIA_TYPE", "data_block", "linked_data"]

MEDIA_TYPE = "application/ld+json"

_OUTSIDE_OF_TEXT = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}
"""What could end a block of data in HTML, or begin something in it; JSON knows another spelling."""


def linked_data(record: JsonObject, base: str) -> JsonDict:
    """Return the description of a version: software that answers, and the data set of what is known of it."""
    name, number = text(record.get("analysis")), text(record.get("version"), 80)
    page = page_of_version(f"{base}/analyses", name, number)
    collaboration = text(record.get("collaboration"))
    known: JsonDict = {
        "name": text(record.get("title"), 1000) or name,
        "alternateName": f"{name}@{number}",
        "description": text(record.get("abstract"), 4000) or f"The preserved search {name}, version {number}.",
        "version": number,
        "url": page,
        "identifier": text(record.get("digest")),
        "datePublished": text(record.get("published_at"), 40)[:10],
        "creativeWorkStatus": text(record.get("status"), 40),
        "keywords": [*texts(record.get("models"), 20), *texts(record.get("final_states"), 20)],
        "creator": {"@type": "Organization", "name": f"{collaboration} Collaboration"} if collaboration else None,
        "isBasedOn": _paper(record),
        "includedInDataCatalog": {"@type": "DataCatalog", "name": "RECAST catalogue", "url": f"{base}/analyses"},
        "distribution": {
            "@type": "DataDownload",
            "encodingFormat": "application/json",
            "contentUrl": f"{page.removesuffix('/')}.json",
        },
    }
    found = {key: value for key, value in known.items() if value}
    return {"@context": "https://schema.org", "@type": ["Dataset", "SoftwareSourceCode"], **found}


def data_block(document: JsonObject) -> Markup:
    """Return a document as a block of data in a page: no browser runs it, and a strict content policy lets it be."""
    written = json_visible(json.dumps(document, ensure_ascii=False)).translate(_OUTSIDE_OF_TEXT)
    return Markup(f'<script type="{MEDIA_TYPE}">{written}</script>')  # noqa: S704  (nothing in it can end it)


def _paper(record: JsonObject) -> JsonDict | None:
    """Return the paper that a search was published with; None if no link to it is known."""
    links = [it.address for it in references(mapping(record.get("references"))) if it.address]
    if not links:
        return None
    return {"@type": "ScholarlyArticle", "name": text(record.get("title"), 1000), "sameAs": links}
