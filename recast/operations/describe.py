"""List the catalogue, one row per analysis, and describe one version, entry or known search."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from recast.catalogue import Catalogue, PublishedVersion
from recast.catalogue.ready import images_in_words, keys_here
from recast.catalogue.statements.validated import said_validations
from recast.catalogue.statements.warnings import warnings_about
from recast.catalogue.transfer.find import find_version
from recast.catalogue.unarchived import NOT_ARCHIVED, KnownSearch, known_searches, not_archived
from recast.catalogue.validate import read_evidence
from recast.errors import RecastError
from recast.images import ImageStore
from recast.json_types import JsonDict
from recast.paths import places
from recast.recast_atlas.imported import ImportedEntries, ImportedEntry

__all__ = ["Description", "Listing", "describe", "describe_version", "list_analyses"]


@dataclass(frozen=True, slots=True)
class Listing:
    """The analyses of a catalogue, one row each; `known` counts searches that are not archived here."""

    rows: list[JsonDict]
    known: int
    no_room: RecastError | None
    """Why the versions shipped with the program are missing, if they are."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a name in the catalogue refers to, and the document that describes it."""

    about: PublishedVersion | ImportedEntry | KnownSearch
    document: JsonDict
    warnings: tuple[str, ...] = ()


def list_analyses(catalogue: Catalogue, *, everything: bool = False) -> Listing:
    """Return the published analyses, the newest version of each, and the imported entries; with `everything` also the
    searches that are known but not archived here.
    """
    keys = _keys_of_images(catalogue)
    rows = [_version_row(catalogue, analysis, versions, keys) for analysis, versions in catalogue.analyses().items()]
    rows += [{**row, "signature": None, "images": None} for row in _imported_rows()]
    known = _known_rows(catalogue)
    return Listing(rows + known if everything else rows, len(known), catalogue.no_room)


def describe(name: str, catalogue: Catalogue) -> Description:
    """Return the description of a version, an imported entry, or a search that is only known.

    A version in a registry (oci://...) is fetched first, without its images. Raises NotFound and what fetching raises.
    """
    imported = ImportedEntries()
    if name in imported.names() and name not in catalogue.analyses():
        entry = imported.get(name)
        return Description(entry, _describe_imported(entry))
    if name not in catalogue.analyses() and (known := known_searches().get(name)) is not None:
        return Description(known, known.as_json())
    found = find_version(name, catalogue)
    version = found.version
    document = {
        **describe_version(version, [] if found.written else catalogue.versions(version.analysis)),
        **found.standing.as_json(),
        "validated_by": [one.as_json() for one in said_validations(catalogue.book(version).entries())],
        "warnings": warnings_about(version, catalogue),
        "state_in_words": found.standing.words,
        "signature_in_words": str(found.standing.signature),
        "images_in_words": _images_of(version, _keys_of_images(catalogue)),
    }
    return Description(version, document, tuple(found.warnings))


def _version_row(local: Catalogue, analysis: str, versions: list[str], keys: Container[str]) -> JsonDict:
    """Return the row of an analysis; a damaged one is a row, too, and does not end the list."""
    try:
        version = local.get(analysis)
        standing = local.standing(version)
    except RecastError as problem:
        nothing = dict.fromkeys(("version", "collaboration", "digest", "signature", "images"))
        return {"analysis": analysis, **nothing, "versions": versions, "title": str(problem), "state": "damaged"}
    return {
        "analysis": analysis,
        "version": version.version,
        "versions": versions,
        "collaboration": version.metadata["collaboration"],
        "title": version.metadata["title"],
        "digest": version.digest,
        "state": standing.state,
        "signature": standing.signature.as_json(),
        "images": _images_of(version, keys),
    }


def _keys_of_images(local: Catalogue) -> set[str]:
    return keys_here(local, ImageStore(places().image_store))


def _images_of(version: PublishedVersion, keys: Container[str]) -> str:
    return images_in_words(version, ImageStore(places().image_store), keys)


def describe_version(version: PublishedVersion, versions: list[str]) -> JsonDict:
    """Return the full metadata of a version, and what a validation here found."""
    return {
        "analysis": version.analysis,
        "version": version.version,
        "digest": version.digest,
        "versions": versions,
        "metadata": dict(version.metadata),
        "input_schema": dict(version.input_schema),
        "examples": dict(version.config["examples"]),
        "results": [result.as_json() for result in version.declared_results],
        "images": dict(version.pins),
        "recipes": {name: dict(recipe) for name, recipe in version.recipes.items()},
        "files": dict(version.files),
        "validation": list(version.config["validation"]),
        "validated_here": read_evidence(version),
    }


def _imported_rows() -> list[JsonDict]:
    """Return a row for each imported entry; a damaged one is a row, not an error."""
    common: JsonDict = {"version": None, "versions": [], "collaboration": None, "digest": None}
    rows: list[JsonDict] = []
    for name, found in ImportedEntries().all():
        if isinstance(found, RecastError):
            told = {"title": str(found), "state": "imported: damaged", "tags": []}
        else:
            metadata = found.entry.metadata
            told = {"title": metadata.short_description, "state": found.state, "tags": [*metadata.tags, *found.tags]}
        rows.append({"analysis": name, **common, **told})
    return rows


def _describe_imported(imported: ImportedEntry) -> JsonDict:
    entry = imported.entry
    return {
        "analysis": imported.name,
        "version": None,
        "state": imported.state,
        "location": imported.location,
        "added": imported.added,
        "metadata": entry.metadata.model_dump(by_alias=True),
        "tags": [*entry.metadata.tags, *imported.tags],
        "spec": {**entry.spec.model_dump(), "toplevel": imported.toplevel},
        "examples": {name: item.model_dump(exclude_none=True) for name, item in entry.example_inputs.items()},
        "tests": [test.model_dump(exclude_none=True) for test in entry.tests],
        "results": [result.model_dump() for result in entry.results],
    }


def _known_rows(local: Catalogue) -> list[JsonDict]:
    nothing: JsonDict = {"version": None, "versions": [], "digest": None, "signature": None}
    return [
        {"analysis": item.analysis, **nothing, "collaboration": item.collaboration, "title": item.title,
         "state": NOT_ARCHIVED}
        for item in not_archived(local.analyses())
    ]  # fmt: skip
