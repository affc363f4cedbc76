"""The warnings to show with every result of a version: it is withdrawn or deprecated, or failed its validation."""

from __future__ import annotations

from dataclasses import replace

from recast.catalogue.load import load_version
from recast.catalogue.local import Catalogue
from recast.catalogue.statements.validated import said_validations, validated_here
from recast.catalogue.version import PublishedVersion
from recast.errors import RecastError

__all__ = ["warnings_about", "warnings_of_digest"]

_MOST_SAID = 3


def warnings_about(version: PublishedVersion, catalogue: Catalogue) -> list[str]:
    """Return the warnings about a version, the most severe first; an empty list if there are none."""
    entries = catalogue.book(version).entries()
    standing = catalogue.standing(version)
    told = [f"{version.reference} is {standing.words}"] if standing.state != "published" else []
    told += [
        f"{said.who} calls {version.reference} {said.state}, which nobody vouches for here: {said.reason}"
        for said in standing.unheeded[:_MOST_SAID]
    ]
    here = validated_here(version)
    known = [here] if here else []
    known += [one for one in said_validations(entries) if here is None or replace(one, who=here.who) != here]
    told += [
        f"{version.reference} failed its validation: {one.words}"
        for one in [one for one in known if one.failed][:_MOST_SAID]
    ]
    return told


def warnings_of_digest(digest: str | None) -> list[str]:
    """Return the warnings about the version that a run used; an empty list if it is not in the catalogue (any more)."""
    if not digest:
        return []
    catalogue = Catalogue()
    try:
        return warnings_about(load_version(catalogue.store, digest), catalogue)
    except RecastError:
        return []
