"""Pull a missing image by its digest from the registry in its name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from recast.errors import NetworkError, NotFound, PermissionDenied, RecastError
from recast.images import ImageStore
from recast.images.manifest import ImageConfig
from recast.registry.copying import Copied, whole_document
from recast.registry.flow import Watch
from recast.registry.name import DOCKER_HUB, parse_target
from recast.registry.registry import Registry

__all__ = ["config_of_missing", "fetch_missing", "pull_image"]


def pull_image(
    name: str,
    digest: str,
    store: ImageStore,
    platform: str | None = None,
    watch: Watch | None = None,
    *,
    strangers: bool = False,
) -> Copied:
    """Pull one image into a store and name it `name`; from an index, the platform's image is pulled.

    Raise NotFound, PermissionDenied, NetworkError, ImageCorrupt or ImageError.
    """
    with Registry(parse_target(name), strangers=strangers) as registry:
        document = whole_document(store, digest) or registry.get_manifest(digest)
        if document.is_index:
            digest = registry.resolve(digest, platform).manifest_digest
        return registry.pull(digest, store, name=name, watch=watch)


def config_of_missing(name: str, digest: str, store: ImageStore, *, strangers: bool = False) -> ImageConfig:
    """Return the configuration of a missing image from its registry; raise as `fetch_missing` does."""
    with _helpful(name, digest, store), Registry(parse_target(name), strangers=strangers) as registry:
        return registry.image_config(registry.get_manifest(digest))


def fetch_missing(
    name: str, digest: str, store: ImageStore, watch: Watch | None = None, *, strangers: bool = False
) -> bool:
    """Pull an image that the store does not have; return whether that was needed.

    Raise NotFound (`image.not-found`), which says why the registry cannot provide it; PermissionDenied if the registry
    requires credentials.
    """
    if store.has_blob(digest):
        return False
    with _helpful(name, digest, store):
        pull_image(name, digest, store, watch=watch, strangers=strangers)
    return True


@contextmanager
def _helpful(name: str, digest: str, store: ImageStore) -> Iterator[None]:
    """Return what is missing where a registry only says what it does not have."""
    try:
        yield
    except (NotFound, NetworkError) as problem:
        raise _missing(name, digest, store, problem) from problem
    except PermissionDenied as problem:
        if problem.code == "permission.private-address" or parse_target(name).host != DOCKER_HUB:
            raise
        raise _missing(
            name, digest, store, problem
        ) from problem  # registries also answer this for repositories that do not exist


def _missing(name: str, digest: str, store: ImageStore, problem: RecastError) -> NotFound:
    said = f"{problem.what}: {problem.why}" if problem.why else problem.what
    return NotFound(
        f"The image {name} is not in the image store",
        where=f"{store.root} ({digest})",
        why=f"Its registry, {parse_target(name).host}, cannot provide it: {said}",
        next_step="recast image pull SPEC, when the registry responds; recast image build SPEC, if it is built here",
        code="image.not-found",
    )
