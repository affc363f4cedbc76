"""Base images for builds, from the registries that FROM lines name."""

from __future__ import annotations

from collections.abc import Callable

from recast.errors import NotFound, PermissionDenied
from recast.images import ImageStore
from recast.images.lock import Pin
from recast.moments import now
from recast.registry.fetch import pull_image
from recast.registry.flow import Watch
from recast.registry.name import DOCKER_HUB, parse_target
from recast.registry.registry import Registry

__all__ = ["Registries"]


class Registries:
    """Registries for a build (`recast.images.building.bases.Elsewhere`); `watch` creates the progress callback of
    downloads, `strangers` says that an untrusted recipe names them.
    """

    def __init__(self, watch: Callable[[str], Watch] | None = None, *, strangers: bool = False) -> None:
        self._watch, self._strangers = watch, strangers

    def means(self, name: str) -> Pin:
        """Return the current pin of a name for this machine; raise NotFound, PermissionDenied, NetworkError."""
        target = parse_target(name)
        try:
            with Registry(target, strangers=self._strangers) as registry:
                found = registry.resolve()
        except PermissionDenied as problem:
            if target.host != DOCKER_HUB:
                raise
            # Registries also answer this for repositories that do not exist.
            raise NotFound(problem.what, where=problem.where, why=problem.why, next_step=problem.next_step) from problem
        return Pin(found.manifest_digest, found.platform, found.size, now(), "registry", found.index_digest)

    def bring(self, name: str, digest: str, store: ImageStore) -> None:
        """Pull an image, completely or not at all, and name it `name`."""
        watch = self._watch(f"pull {name}") if self._watch else None
        pull_image(name, digest, store, watch=watch, strangers=self._strangers)
