"""Push a published version to a registry with everything that it needs, so that a mirror only needs one repository.

    1.0.0                  the version: its manifest's digest is its identity
    1.0.0_<12 hex digits>  an index of the version and all its images; also a publisher's claim on the number
    image_<64 hex digits>  an image, tagged so that the registry's garbage collection keeps it
    sha256-<64 hex digits> the statements about the version, with signatures (OCI's referrers tag)
    sha256-<hex>.sbom      the SBOM of an image, if there is one; likewise .provenance

Registries have no compare-and-swap. So a publisher first *claims* the number with a tag that nobody else writes, then
checks for other claims, and only then tags the version with its number. Of two concurrent publishers at least one sees
the other's claim and refuses, so success is never reported to a publisher whose version was replaced.
"""

from __future__ import annotations

from dataclasses import dataclass

from recast.catalogue.oci_index import KIND, REF_NAME, entry, index_bytes
from recast.catalogue.publishing.publish import Author, say_published
from recast.catalogue.statements.statements import Statements
from recast.catalogue.store import CatalogueStore
from recast.catalogue.version import PublishedVersion
from recast.digests import digest_of
from recast.errors import EntryError, StoreError
from recast.images import ImageStore
from recast.registry import Registry
from recast.registry.notes import push_notes

__all__ = [
    "Sent",
    "bundle_index",
    "bundle_tag",
    "image_tag",
    "publish_remotely",
    "send_book",
]

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Sent:
    """The outcome of publishing to a registry: whether the number is new there, and the number of bytes sent."""

    new: bool
    moved: int


def publish_remotely(
    version: PublishedVersion, store: CatalogueStore, images: ImageStore, registry: Registry, author: Author
) -> Sent:
    """Push a version of the local catalogue to a registry under its number; raise EntryError if that refers to other
    bytes.

    What is already there is not sent again. Safe after a crash at any point: the number is written last.
    """
    if store.is_throw_away:
        raise EntryError(
            "This is a throw-away catalogue, and publishing to a registry is permanent",
            where=str(store.root),
            next_step=f"recast publish ENTRY.yml --to oci://{registry.target.name}   (with your own catalogue)",
        )
    number = version.version
    there = _looked_up(version, registry)
    bundle = bundle_index(version, images)
    _check_images(version, bundle, registry)
    pins = sorted(set(version.pins.values()))
    moved = sum(registry.push(pin, images, image_tag(pin)).moved for pin in pins)
    moved += push_notes(pins, images, registry)
    if registry.head(version.digest) is None:
        moved += registry.push(version.digest, store.layout, fresh=True).moved
    registry.put_document(bundle, bundle_tag(version))
    if there is None:
        _check_claims(version, registry)
        registry.put_document(store.read(version.digest), number)
    say_published(version, store, author, registry.target.name)
    send_book(version, store, registry)
    _looked_up(version, registry, after=True)
    return Sent(there is None, moved)


def send_book(version: PublishedVersion, store: CatalogueStore, registry: Registry) -> None:
    """Add the statements about a version to those in a registry.

    Others may write the same list concurrently: it is written until it contains all of ours.
    """
    ours = {said.digest for said in Statements(store, version).entries()}
    for manifest in sorted(ours):
        registry.push(manifest, store.layout)
    for _ in range(_TRIES):
        there = {item.digest: item.size for item in registry.referrers(version.digest)}
        sizes = {**there, **{digest: len(store.read(digest)) for digest in ours}}
        listing = index_bytes([entry(digest, sizes[digest]) for digest in sorted(sizes)])
        if registry.head(_book_tag(version)) == digest_of(listing):
            return
        registry.put_document(listing, _book_tag(version))
    raise StoreError(
        f"The statements about {version.reference} are not kept by the registry",
        where=str(registry.target),
        why="Another publisher keeps writing the same list.",
        next_step="Try again.",
        code="registry.changed",
    )


def bundle_index(version: PublishedVersion, images: ImageStore) -> bytes:
    """Return the index of a version and all its images; equal versions give equal bytes."""
    title = {KIND: "version", REF_NAME: version.reference.replace("@", ":")}
    listed = [entry(version.digest, len(version.store.read(version.digest)), title)]
    for name, digest in sorted(version.pins.items()):
        words = dict(zip(("os", "architecture", "variant"), images.config(digest).platform.split("/"), strict=False))
        platform = {key: words[key] for key in sorted(words)}
        listed.append(entry(digest, len(images.read_document(digest)), {REF_NAME: name}, platform))
    return index_bytes(listed)


def bundle_tag(version: PublishedVersion) -> str:
    """Return the tag of the index of a version and its images."""
    return f"{version.version}_{version.digest.removeprefix('sha256:')[:12]}"


def image_tag(digest: str) -> str:
    """Return the tag that protects an image from a registry's garbage collection."""
    return f"image_{digest.removeprefix('sha256:')}"


def _book_tag(version: PublishedVersion) -> str:
    return version.digest.replace(":", "-")


def _looked_up(version: PublishedVersion, registry: Registry, *, after: bool = False) -> str | None:
    """Return the digest of the number there, None if there is none; raise EntryError if it is a different version."""
    there = registry.head(version.version)
    if there is None and not after:
        return None
    if there != version.digest:
        raise EntryError(
            f"{version.reference} is published with other content, and a published version never changes",
            where=f"{registry.target.name}:{version.version}",
            why=f"There it is {there or 'gone again'}, here it is {version.digest}.",
            next_step="Give it a new version number in the entry; see what differs: "
            f"recast catalogue show oci://{registry.target.name}:{version.version}",
            code="version.immutable",
        )
    return there


def _check_images(version: PublishedVersion, bundle: bytes, registry: Registry) -> None:
    """Raise EntryError if the version is there with other images, which its users already run."""
    there = registry.head(bundle_tag(version)) if version.recipes else None
    if there not in (None, digest_of(bundle)):
        raise EntryError(
            f"{version.reference} is published there with other images, built from the same recipes",
            where=f"{registry.target.name}:{bundle_tag(version)}",
            why=f"There the index of its images is {there}; here they were rebuilt. A published version never changes.",
            next_step="Give it a new version number in the entry, "
            f"or take the images from there: recast catalogue rm {version.reference}, then recast run "
            f"oci://{registry.target.name}:{version.version}",
            code="version.immutable",
        )


def _check_claims(version: PublishedVersion, registry: Registry) -> None:
    """Raise EntryError if another publisher claims the number, now or in an attempt that was interrupted."""
    _looked_up(version, registry)
    mine = bundle_tag(version)
    others = [tag for tag in registry.tags() if tag.startswith(f"{version.version}_") and tag != mine]
    if others:
        raise EntryError(
            f"Somebody else is publishing {version.reference} with other content",
            where=f"{registry.target.name}:{others[0]}",
            why="A number is claimed once; whether the other publisher succeeds cannot be known from here.",
            next_step="Give it a new version number in the entry, or publish the bytes that claimed it first.",
            code="version.claimed",
        )
