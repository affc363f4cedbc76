"""Add a version from elsewhere to the catalogue, with the statements about it.

The first version to arrive gets a number. But an untrusted one may arrive first: a version from an accepted signer
takes the number from bytes that nobody here vouches for, never the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from recast.catalogue.inputs import check_schema
from recast.catalogue.local import Catalogue
from recast.catalogue.publishing.publish import refuse_others
from recast.catalogue.statements.statements import Entry, read_entry
from recast.catalogue.statements.status import is_vouched
from recast.catalogue.version import PublishedVersion
from recast.counted import are, counted
from recast.errors import EntryError, RecastError

__all__ = ["Arrival", "arrive"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """The outcome for a version: whether it is new here, and the warnings about it."""

    new: bool
    told: tuple[str, ...] = ()


def arrive(version: PublishedVersion, said: Iterable[str], catalogue: Catalogue) -> Arrival:
    """Add a version whose blobs are stored to the catalogue's index, and list statements about it.

    `said` are manifests of statements that were already read. Raises EntryError (`version.immutable`) if the number
    refers to other bytes here or in a shipped version, unless an accepted signer vouches for the new bytes and nobody
    for the old; and for an invalid schema of the inputs.
    """
    if fault := check_schema(version.input_schema):
        raise EntryError(
            f"The schema of the inputs of {version.reference} is invalid",
            where=version.digest,
            why=fault,
            next_step="Ask its publisher. Nothing was changed here.",
        )
    store, said = catalogue.store, list(said)
    told: list[str] = []
    with store.publishing():
        there = store.index().get((version.analysis, version.version))
        along = catalogue.comes_along(version.analysis, version.version)
        if there is None and along is not None and not _is_said(version, said, catalogue):
            assert catalogue.shipped is not None
            refuse_others(version, catalogue.shipped.store, along)
        if there not in (None, version.digest):
            if not _outranks(version, said, there, catalogue):
                refuse_others(version, store, there)
            store.forget(version.analysis, there)
            told.append(
                f"{version.reference} was {there} here, which nobody vouches for; "
                f"it is {version.digest} now, published by an accepted signer"
            )
        if there != version.digest:
            store.tag(version.analysis, version.version, version.digest)
        left = catalogue.book(version).include(said, lambda entry: is_vouched(entry, catalogue.signers))
    if left:
        told.append(
            f"{counted(left, 'statement')} about {version.reference} {are(left)} left out: "
            "too many that nobody vouches for"
        )
    return Arrival(there != version.digest, tuple(told))


def _outranks(version: PublishedVersion, said: Iterable[str], there: str, catalogue: Catalogue) -> bool:
    """Return whether an accepted signer vouches for the new bytes, and nobody for the existing ones."""
    try:
        known: list[Entry] = catalogue.book(replace(version, digest=there)).entries()
    except RecastError:
        return False  # a damaged version may have been vouched for
    return not any(is_vouched(it, catalogue.signers) for it in known) and _is_said(version, said, catalogue)


def _is_said(version: PublishedVersion, said: Iterable[str], catalogue: Catalogue) -> bool:
    """Return whether an accepted signer vouches for a version."""
    new = (read_entry(manifest, catalogue.store, version) for manifest in said)
    return any(is_vouched(it, catalogue.signers) for it in new)
