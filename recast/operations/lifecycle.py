"""Statements about a version: deprecated, withdrawn, signed, verified; here, and in the registry it was named with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from recast.catalogue import Catalogue, PublishedVersion
from recast.catalogue.ready import take_in
from recast.catalogue.statements.declare import declare as declare_version
from recast.catalogue.statements.declare import log as log_of
from recast.catalogue.statements.declare import places_of, sign_version, stands_as
from recast.catalogue.transfer.find import Found, find_published
from recast.json_types import JsonDict

__all__ = ["Declared", "declare", "log", "sign", "verify"]


@dataclass(frozen=True, slots=True)
class Declared:
    """A statement about a version; `new` is false if it was made before, `not_told` are the repositories that have the
    version but not the statement.
    """

    version: PublishedVersion
    new: bool
    not_told: tuple[str, ...]


def declare(
    reference: str, state: str, catalogue: Catalogue, reason: str, who: str, key: Path | None = None
) -> Declared:
    """Declare a version deprecated or withdrawn; the statement is signed if `key` is given.

    For a reference oci://..., the statement is sent to the registry as well, even if it was made here before. Raises as
    `recast.catalogue.statements.declare.declare` does.
    """
    version = take_in(find_published(reference, catalogue).version, catalogue)
    remote = reference.startswith("oci://")
    is_said = remote and stands_as(catalogue, version, state)
    if not is_said:
        declare_version(catalogue, version, state, reason, who, key)
    _tell_registry(reference, version, catalogue)
    return Declared(version, not is_said, () if remote else tuple(places_of(catalogue, version)))


def sign(reference: str, catalogue: Catalogue, key: Path, who: str) -> PublishedVersion:
    """Sign the current statements on a version, and send the signature to the registry if the reference is oci://..."""
    version = take_in(find_published(reference, catalogue).version, catalogue)
    sign_version(catalogue, version, key, who)
    _tell_registry(reference, version, catalogue)
    return version


def verify(reference: str, catalogue: Catalogue) -> Found:
    """Read all of a version's bytes and return it with its status; raise StoreError if a digest does not match."""
    found = find_published(reference, catalogue)
    for path in found.version.files:
        found.version.read(path)
    return found


def _tell_registry(reference: str, version: PublishedVersion, catalogue: Catalogue) -> None:
    if reference.startswith("oci://"):
        from recast.catalogue.transfer.connection import open_registry
        from recast.catalogue.transfer.push import send_book

        with open_registry(reference) as registry:
            send_book(version, catalogue.store, registry)


def log(analysis: str, catalogue: Catalogue, say: Callable[[str], None] = lambda _: None) -> Iterator[JsonDict]:
    """Yield the statements on all versions of an analysis, oldest first, each with its signature.

    For a repository (oci://...), all versions are fetched first, without their images. A damaged version is skipped and
    reported to `say`.
    """
    if analysis.startswith("oci://"):
        from recast.catalogue.transfer.fetch import fetch_all

        analysis = fetch_all(analysis, catalogue)
    yield from log_of(catalogue, analysis.partition("@")[0], say)
