"""What is said of a version: deprecated, withdrawn, signed, verified; here, and at the registry it was named by."""

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
    """What was said of a version; `new` is false if it stood so already, `not_told` are repositories that have it."""

    version: PublishedVersion
    new: bool
    not_told: tuple[str, ...]


def declare(
    reference: str, state: str, catalogue: Catalogue, reason: str, who: str, key: Path | None = None
) -> Declared:
    """Say that a version is deprecated or withdrawn, signed with `key` if one is given.

    Given as oci://..., the registry is told as well, also if it is said here already. Raises as
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
    """Sign what stands of a version, and tell the registry if it was named by where it is there."""
    version = take_in(find_published(reference, catalogue).version, catalogue)
    sign_version(catalogue, version, key, who)
    _tell_registry(reference, version, catalogue)
    return version


def verify(reference: str, catalogue: Catalogue) -> Found:
    """Read every byte of a version, which raises StoreError if one is not what it says; return it with its status."""
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
    """Yield what was said of all versions of an analysis, oldest first, each with its signature.

    Of a repository (oci://...), all versions are fetched first, without their images. A version that is damaged is left
    out and named to `say`.
    """
    if analysis.startswith("oci://"):
        from recast.catalogue.transfer.fetch import fetch_all

        analysis = fetch_all(analysis, catalogue)
    yield from log_of(catalogue, analysis.partition("@")[0], say)
