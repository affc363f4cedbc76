"""Base images without a recipe: from the store or a registry, by digest, or by a tag that is pinned on first use.

Their pins are in the spec's `images.lock.json` under `bases`, separate from the images that the workflow runs in: a
published version includes its images, which contain their bases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from recast.errors import ImageError, NotFound, RecastError, ValidationFailed
from recast.images.layout import ImageStore
from recast.images.lock import Pin
from recast.images.reference import Reference, parse_reference
from recast.moments import now

__all__ = ["Asked", "Elsewhere", "find_base", "is_complete"]


_OURS = "recast/"


class Elsewhere(Protocol):
    """The registry operations that a build needs."""

    def means(self, name: str) -> Pin:
        """Return what `name:tag`, or the digest of an index, means now for this machine."""

    def bring(self, name: str, digest: str, store: ImageStore) -> None:
        """Bring the image with a digest into the store under `name`; raise RecastError."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A FROM line with a base that has no recipe.

    `asker` is the file that contains it; `pinned` are existing pins by the names in FROM lines; `locked` says that
    nothing new may be pinned, `anew` that tags are resolved again.
    """

    name: str
    asker: Path
    pinned: Mapping[str, Pin]
    locked: bool = False
    anew: bool = False


def find_base(store: ImageStore, asked: Asked, registries: Elsewhere | None, say: Callable[[str], None]) -> Pin:
    """Return the pin of a base, which is then in the store: the existing pin, else the current one of the store or its
    registry.

    Raises ImageError (`image.base`) if it is not found, ValidationFailed if it must be pinned and is not.
    """
    reference = parse_reference(asked.name)
    pin = _known(store, reference, asked)
    if pin is None:
        if asked.locked and reference.digest is None:
            raise _not_pinned(asked)
        pin = _asked(reference, asked, registries)
    if not is_complete(store, pin.digest):
        _bring(store, reference, pin, asked, registries, say)
    return pin


def is_complete(store: ImageStore, digest: str) -> bool:
    """Return whether an image's manifest, configuration and layers are in a store, with the declared sizes."""
    try:
        manifest = store.manifest(digest)
        blobs = (manifest.config, *manifest.layers)
        return all(store.blob_path(blob.digest).stat().st_size == blob.size for blob in blobs)
    except (RecastError, OSError):
        return False


def _known(store: ImageStore, reference: Reference, asked: Asked) -> Pin | None:
    """Return the pin if it is known without a registry: for a digest, a pinned tag, or a tag in the store.

    The digest of an index refers to the one of its images that was recorded when it was pulled.
    """
    names = store.names()
    if reference.digest is not None:
        digest = names.get(str(reference), reference.digest)
        if is_complete(store, digest):
            return _pin(store, digest)
        return asked.pinned.get(asked.name)
    if (pinned := asked.pinned.get(asked.name)) is not None and not asked.anew:
        return pinned
    tagged = reference if reference.tag else Reference(reference.name, "latest")
    here = names.get(asked.name) or names.get(str(tagged))
    return _pin(store, here) if here is not None and is_complete(store, here) and not asked.locked else None


def _pin(store: ImageStore, digest: str) -> Pin:
    """Return the pin of an image that is in the store."""
    return Pin(digest, store.config(digest).platform, store.manifest(digest).size, now(), "build")


def _asked(reference: Reference, asked: Asked, registries: Elsewhere | None) -> Pin:
    if reference.name.startswith(_OURS):
        # Otherwise the owner of this name at docker.io could influence every image that is built where recipes are
        # missing.
        raise _nowhere(asked, "Bases of this name are made from recipes here, and never pulled; no recipe makes it.")
    if registries is None:
        raise _nowhere(asked, "It is not in the image store, and no registry is asked here.")
    try:
        return registries.means(str(reference))
    except RecastError as problem:
        raise _from_registry(asked, problem) from problem


def _bring(
    store: ImageStore,
    reference: Reference,
    pin: Pin,
    asked: Asked,
    registries: Elsewhere | None,
    say: Callable[[str], None],
) -> None:
    name = str(Reference(reference.name, digest=reference.digest or pin.digest))
    if registries is None:
        raise _nowhere(asked, f"It is {pin.digest}, which is not in the image store.")
    what = "" if reference.digest == pin.digest else f" {pin.digest}"
    say(f"{asked.name}: pulling{what} ({pin.size / 1e6:.0f} MB)")
    try:
        registries.bring(name, pin.digest, store)
    except RecastError as problem:
        raise _from_registry(asked, problem) from problem


def _from_registry(asked: Asked, problem: RecastError) -> RecastError:
    """Return a registry's error with the file of the build added; its class stays the same."""
    if not isinstance(problem, NotFound):
        return problem
    return _nowhere(asked, f"{problem.what}{f': {problem.why}' if problem.why else ''}")


def _nowhere(asked: Asked, why: str) -> ImageError:
    return ImageError(
        f"The base {asked.name} is neither made by a recipe nor to be had",
        where=str(asked.asker),
        why=why,
        next_step="FROM REGISTRY/name@sha256:...   or   recast image load ARCHIVE   or   "
        "recast image build PATH --bases DIR",
        code="image.base",
    )


def _not_pinned(asked: Asked) -> ValidationFailed:
    return ValidationFailed(
        f"The base {asked.name} is not pinned",
        where=str(asked.asker),
        why="With --locked nothing new is pinned, and a tag may mean another image tomorrow",
        next_step="recast image build PATH   (pins it in images.lock.json)",
        code="image.not-pinned",
    )
