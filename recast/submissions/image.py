"""Which image is meant: its digest, found out once, on the spot, and told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recast.errors import InputError, NotFound, UsageError
from recast.images.layout import ImageStore
from recast.images.reference import parse_reference

__all__ = ["FoundImage", "find_image"]

_SCHEMES = ("docker://", "oci://")


@dataclass(frozen=True, slots=True)
class FoundImage:
    """An image by what its user calls it, its `name` without a tag, its manifest digest, and how that was found out."""

    said: str
    name: str
    digest: str
    how: str

    @property
    def reference(self) -> str:
        """What the spec calls it: nothing in it floats."""
        return f"{self.name}@{self.digest}"


def find_image(said: str, store_root: Path, architecture: str = "") -> FoundImage:
    """Return the image that a name means: by its digest, in the image store, or else in its registry.

    A digest of an index becomes that of its image for this architecture.

    `architecture` is as `uname -m` says it; empty for this machine's. Raises InputError for what is no name, NotFound,
    and what a registry's session raises.
    """
    text = next((said.removeprefix(scheme) for scheme in _SCHEMES if said.startswith(scheme)), said)
    _refuse_unpacked(said)
    store = ImageStore(store_root)
    if text.startswith("sha256:") and "@" not in text:
        return _by_digest(said, text, store)
    reference = parse_reference(text)
    if reference.digest is not None and store.has_blob(reference.digest):
        return FoundImage(said, reference.name, reference.digest, "by its digest, of the image store")
    tagged = text if reference.tag else f"{text}:latest"
    if reference.digest is None and (digest := store.names().get(tagged)) is not None:
        _check_architecture(store, digest, architecture, said)
        return FoundImage(said, reference.name, digest, "of the image store")
    return _asked(said, text, architecture)


def _refuse_unpacked(said: str) -> None:
    if said.startswith(("/", "./", "../")) or said.endswith(".sif"):
        raise UsageError(
            "A folder or a file is not an image that others can have",
            where=said[:200],
            why="What lies at /cvmfs/unpacked.cern.ch follows a tag; a path says nothing of the bytes.",
            next_step="name the image itself: REGISTRY/NAME:TAG. Nodes that have it unpacked take it from there",
        )


def _by_digest(said: str, digest: str, store: ImageStore) -> FoundImage:
    parse_reference(f"x@{digest}")
    name = next((name for name, known in store.names().items() if known == digest), None)
    if name is None:
        raise NotFound(
            "No image of this digest is in the image store",
            where=said,
            code="image.not-found",
            why="Without a name nobody can say which registry has it.",
            next_step=f"recast image ls, or write REGISTRY/NAME@{digest}",
        )
    return FoundImage(said, parse_reference(name).name, digest, "by its digest, of the image store")


def _check_architecture(store: ImageStore, digest: str, architecture: str, said: str) -> None:
    if not architecture:
        return
    from recast.prepare.wish_words import ARCHITECTURES

    has = store.config(digest).platform.split("/")[1]
    if ARCHITECTURES.get(has, has) != architecture:
        raise InputError(
            f"The image {said} of the image store is for {has}, not for {architecture}",
            where="--arch",
            next_step="name the image in its registry by a digest, or leave --arch out",
        )


def _asked(said: str, text: str, architecture: str) -> FoundImage:
    from recast.registry.name import parse_target
    from recast.registry.registry import Registry

    machines = {"x86_64": "amd64", "aarch64": "arm64"}
    platform = f"linux/{machines.get(architecture, architecture)}" if architecture else None
    with Registry(parse_target(text)) as registry:
        means = registry.resolve(platform=platform)
        return FoundImage(said, registry.target.name, means.manifest_digest, f"asked {registry.target.host}")
