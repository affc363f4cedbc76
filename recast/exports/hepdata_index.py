"""The list of our analyses as HEPData reads such lists each night (analyses schema 1.0.0): it then links to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from recast._version import __version__
from recast.catalogue.local import Catalogue
from recast.catalogue.version import PublishedVersion
from recast.errors import NotFound, StoreError, UsageError
from recast.json_types import JsonDict

__all__ = ["analyses_document", "listed"]

SCHEMA_VERSION = "1.0.0"
WITHDRAWN = "withdrawn"


def listed(catalogue: Catalogue, say: Callable[[str], None] = lambda _: None) -> list[PublishedVersion]:
    """Return the newest version of each analysis that has an INSPIRE record and stands; raise NotFound without any.

    What is damaged is left out and named to `say`.
    """
    found = []
    for analysis in catalogue.analyses():
        try:
            version = catalogue.get(analysis)
            if version.metadata["references"].get("inspire") and catalogue.standing(version).state != WITHDRAWN:
                found.append(version)
        except StoreError as problem:
            say(f"note: {analysis} cannot be read and is left out: {problem}")
    if not found:
        raise NotFound(
            "No analysis here can be listed for HEPData",
            why="None is published here with an INSPIRE record (`references.inspire` of its entry).",
            next_step="recast publish catalogue/ANALYSIS.yml",
        )
    return found


def analyses_document(versions: Iterable[PublishedVersion], main_url: str, created: str) -> JsonDict:
    """Return the document; `main_url` leads to an analysis by `{name}`, `created` is RFC 3339, UTC.

    Analyses of one publication stand together. Raises UsageError if the URL has no `{name}`.
    """
    if "{name}" not in main_url or not main_url.startswith(("http://", "https://")):
        raise UsageError(
            "The URL does not lead to an analysis by name",
            where=main_url,
            why="HEPData puts the name of each analysis in the place of {name}.",
            next_step="recast export-analyses --url 'https://recast.example.org/analyses/{name}'",
        )
    by_record: dict[int, JsonDict] = {}
    for version in sorted(versions, key=lambda version: version.analysis):
        record = version.metadata["references"]["inspire"]
        item = {"inspire_id": record, "implementations": [], "pretty_name": version.metadata["title"]}
        by_record.setdefault(record, item)["implementations"].append({"name": version.analysis, "path": version.digest})
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": "RECAST",
        "version": __version__,
        "date_created": created,
        "implementations_description": "Preserved analysis: a workflow with pinned images that runs for other models",
        "url_templates": {"main_url": main_url},
        "analyses": [by_record[record] for record in sorted(by_record)],
    }
