"""Bases of images that are built here, from the registries that their FROM lines name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from recast.images import ImageStore
from recast.images.lock import Pin
from recast.registry.fetch import pull_image
from recast.registry.flow import Watch
from recast.registry.name import parse_target
from recast.registry.registry import Registry

__all__ = ["Registries"]


class Registries:
    """Asks registries for a build (`recast.images.bases.Elsewhere`); `watch` makes what hears of a download."""

    def __init__(self, watch: Callable[[str], Watch] | None = None) -> None:
        self._watch = watch

    def means(self, name: str) -> Pin:
        """Return what a name means now for this machine; raise NotFound, PermissionDenied, NetworkError."""
        with Registry(parse_target(name)) as registry:
            found = registry.resolve()
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Pin(found.manifest_digest, found.platform, found.size, now, "registry", found.index_digest)

    def bring(self, name: str, digest: str, store: ImageStore) -> None:
        """Bring an image here, whole or not at all, and call it `name`."""
        pull_image(name, digest, store, watch=self._watch(f"pull {name}") if self._watch else None)
