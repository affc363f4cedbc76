"""Fetch a version from a registry into the local catalogue, once, and its images when it runs; afterwards it works
offline.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from recast.catalogue.load import load_version
from recast.catalogue.local import Catalogue
from recast.catalogue.oci_index import KIND
from recast.catalogue.publishing.bundle import MOST_BYTES, MOST_FILES
from recast.catalogue.publishing.checks import is_whole
from recast.catalogue.semver import Semver
from recast.catalogue.statements.statements import STATEMENT_TYPE, read_entry
from recast.catalogue.transfer.arriving import arrive
from recast.catalogue.transfer.connection import open_registry
from recast.catalogue.transfer.push import bundle_tag, image_tag
from recast.catalogue.version import VERSION_TYPE, PublishedVersion
from recast.errors import EntryError, NetworkError, NotFound, StoreError
from recast.images import ImageStore
from recast.registry import Document, Registry, Target, parse_target
from recast.registry.notes import pull_notes

__all__ = ["Fetched", "fetch_all", "fetch_images", "fetch_version", "has_origin"]

_LARGEST_STATEMENT = 1 << 20
"""The maximum size in bytes of a statement with its signature during transfer."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A version that is now in the local catalogue, and warnings about how it was fetched."""

    version: PublishedVersion
    warnings: tuple[str, ...] = ()


def fetch_version(name: str, catalogue: Catalogue) -> Fetched:
    """Fetch a version from a registry into the local catalogue with the statements about it, without its images.

    A number that was fetched once never refers to other bytes, whatever the registry says: EntryError. If the registry
    cannot be reached, the local copy is used, with a warning. Raises NotFound, NetworkError, PermissionDenied,
    EntryError, StoreError, ImageError.
    """
    target = parse_target(name)
    known = _known(target, catalogue)
    try:
        with open_registry(target) as registry:
            number, digest = _wanted(registry, known)
            version = _brought(registry, number, digest, catalogue)
            said, told = _books(registry, version, catalogue)
            told += arrive(version, said, catalogue).told
            version = load_version(
                catalogue.store, version.digest
            )  # the statements say which images its recipes became there
    except NetworkError as problem:
        if known is None:
            raise
        version = load_version(catalogue.store, known)
        told = [
            f"{target.host} cannot be reached ({problem.what}); the local copy is used, whose state may be outdated"
        ]
    _remember(version, target, catalogue)
    return Fetched(version, tuple(told))


def fetch_all(name: str, catalogue: Catalogue) -> str:
    """Fetch all versions in a repository into the local catalogue, without their images; return their analysis."""
    target = parse_target(name)
    newest = fetch_version(f"oci://{target.name}", catalogue).version
    with open_registry(target) as registry:
        numbers = [tag for tag in registry.tags() if Semver.valid(tag) and tag != newest.version]
    for number in numbers:
        fetch_version(f"oci://{target.name}:{number}", catalogue)
    return newest.analysis


def fetch_images(
    version: PublishedVersion, catalogue: Catalogue, images: ImageStore, say: Callable[[str], None] = lambda _: None
) -> list[str]:
    """Pull the missing pinned images from the registries that the version came from; return their names.

    Does nothing for a version that did not come from a registry; `say` is called with a message before each pull.
    """
    missing = {name: digest for name, digest in version.pins.items() if not is_whole(images, digest)}
    origins = _origins(version, catalogue) if missing else []
    fetched = []
    for name, digest in missing.items():
        for number, origin in enumerate(origins, 1):
            try:
                with open_registry(origin) as registry:
                    size = sum(blob.size for blob in registry.get_manifest(digest).blobs())
                    say(f"pulling {name} ({digest}) from {origin.name}: {size / 1e6:.0f} MB")
                    registry.pull(digest, images, name=f"{origin.name}:{image_tag(digest)}")
                    pull_notes(name, digest, images, registry, say)
                fetched.append(name)
                break
            except (NotFound, NetworkError):
                if number == len(origins):
                    raise
    return fetched


def _known(target: Target, catalogue: Catalogue) -> str | None:
    """Return the digest that a reference had when it was fetched before, None if it was not."""
    if target.digest is not None:
        return target.digest if target.digest in catalogue.store.index().values() else None
    names = catalogue.store.names()
    if target.tag is not None:
        return names.get(f"{target.name}:{target.tag}")
    numbers = [name.rpartition(":")[2] for name in names if name.rpartition(":")[0] == target.name]
    newest = _newest(numbers)
    return names[f"{target.name}:{newest}"] if newest else None


def _wanted(registry: Registry, known: str | None) -> tuple[str, str]:
    """Return tag (or an empty string) and digest of the requested version.

    Raises EntryError if a number refers to other bytes than before.
    """
    target = registry.target
    if target.digest is not None:
        return "", target.digest
    tag = target.tag or _newest(registry.tags())
    if not tag:
        raise NotFound(
            "There is no version in this repository",
            where=target.name,
            why="None of its tags is a version number.",
            next_step=f"recast image tags {target.name}",
        )
    digest = registry.head(tag)
    if digest is None:
        there = [number for number in registry.tags() if Semver.valid(number)]
        raise NotFound(
            f"There is no version {tag} in this repository",
            where=target.name,
            why=f"There are: {', '.join(sorted(there, key=Semver.parse)) or 'none'}",
            next_step=f"recast catalogue show oci://{target.name}",
        )
    if target.tag is not None and known not in (None, digest):
        raise EntryError(
            f"{target} refers to other bytes than before, and a published version never changes",
            where=str(target),
            why=f"It was {known} when it was fetched, the registry now says {digest}.",
            next_step=f"Ask who publishes there. The fetched version still runs: recast run oci://{target.name}@{known}",
            code="version.moved",
        )
    return tag, digest


def _brought(registry: Registry, tag: str, digest: str, catalogue: Catalogue) -> PublishedVersion:
    """Fetch manifest, configuration and files of a version, which must match its tag."""
    document = registry.get_manifest(digest)
    if document.is_index:
        digest = _of_bundle(document, registry)
        document = registry.get_manifest(digest)
    _check_size(document, registry)
    registry.pull(digest, catalogue.store.layout)
    version = load_version(catalogue.store, digest)
    claims = Semver.valid(tag.partition("_")[0])  # `1.0.0`, or `1.0.0_` and a part of its digest
    if claims and tag not in (version.version, bundle_tag(version)):
        raise EntryError(
            f"The registry calls it {tag}, it is {version.reference}", where=str(registry.target), code="version.moved"
        )
    return version


def _of_bundle(document: Document, registry: Registry) -> str:
    items = document.data.get("manifests", [])
    notes = [(item.get("digest"), item.get("annotations")) for item in items if isinstance(item, dict)]
    found = [digest for digest, note in notes if isinstance(note, dict) and note.get(KIND) == "version"]
    if len(found) != 1:
        raise _no_version(registry, document.artifact_type or document.media_type)
    return str(found[0])


def _check_size(document: Document, registry: Registry) -> None:
    if document.artifact_type != VERSION_TYPE:
        raise _no_version(registry, document.artifact_type)
    blobs = document.blobs()
    if len(blobs) > MOST_FILES + 1 or sum(blob.size for blob in blobs) > MOST_BYTES:
        raise EntryError(
            f"The version has {len(blobs)} files and {sum(blob.size for blob in blobs)} bytes",
            where=str(registry.target),
            why=f"A version has at most {MOST_FILES} files and {MOST_BYTES} bytes.",
            code="version.too-large",
        )


def _books(registry: Registry, version: PublishedVersion, catalogue: Catalogue) -> tuple[list[str], list[str]]:
    """Fetch the statements about a version; return them, and notes on items that are ignored because they are not
    valid.
    """
    store, fetched, told = catalogue.store, [], []
    for item in registry.referrers(version.digest):
        document = registry.get_manifest(item.digest)
        if document.artifact_type != STATEMENT_TYPE:
            continue
        try:
            if sum(blob.size for blob in document.blobs()) > _LARGEST_STATEMENT:
                raise ValueError("it is too large")
            registry.pull(item.digest, store.layout)
            read_entry(item.digest, store, version)
            fetched.append(item.digest)
        except (ValueError, StoreError) as problem:
            told.append(f"a statement about {version.reference} is ignored: {problem} ({item.digest})")
    return fetched, told


def _remember(version: PublishedVersion, target: Target, catalogue: Catalogue) -> None:
    """Record where a version came from, as a name in the catalogue's index."""
    name = f"{target.name}:{version.version}"
    if catalogue.store.names().get(name) != version.digest:
        with catalogue.store.publishing():
            catalogue.store.tag_name(name, version.digest)


def _origins(version: PublishedVersion, catalogue: Catalogue) -> list[Target]:
    names = [name for name, digest in catalogue.store.names().items() if digest == version.digest]
    return [parse_target(f"oci://{name}") for name in sorted(names) if "/" in name]


def has_origin(version: PublishedVersion, catalogue: Catalogue) -> bool:
    """Return whether a version came from a registry, which then may have its images."""
    return bool(_origins(version, catalogue))


def _newest(numbers: list[str]) -> str:
    valid = [Semver.parse(number) for number in numbers if Semver.valid(number)]
    newest = max(valid, key=lambda number: (number.stable, number), default=None)
    return next((number for number in numbers if Semver.valid(number) and Semver.parse(number) == newest), "")


def _no_version(registry: Registry, kind: str) -> EntryError:
    return EntryError(
        "This is not a version of an analysis",
        where=str(registry.target),
        why=f"The registry calls it {kind or 'an image'}.",
        next_step="Give a version: oci://HOST/REPOSITORY:1.0.0",
        code="version.none",
    )
