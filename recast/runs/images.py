"""From a pinned digest to what a runtime starts; an image that is not here is pulled by its digest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from recast.errors import RuntimeUnavailable
from recast.runtimes import Runtime
from recast.spec.model import ContainerEnvironment, Workflow
from recast.spec.reach import packtivities_of

if TYPE_CHECKING:
    from recast.images.manifest import ImageConfig

__all__ = ["Images", "image_preparer"]


class Images:
    """The images of one run: names by digest, and the store that they are to be in.

    `say` hears of what takes long. Thread-safe: one image is pulled at a time.
    """

    def __init__(
        self, workflow: Workflow, pins: Mapping[str, str], image_store: Path, say: Callable[[str], None]
    ) -> None:
        environments = (body.environment for body in packtivities_of(workflow))
        names = {item.reference for item in environments if isinstance(item, ContainerEnvironment)}
        self._names = {pins.get(name) or "sha256:" + name.rpartition("@sha256:")[2]: name for name in sorted(names)}
        self._root, self._say = image_store, say
        self._lock = threading.Lock()

    def config(self, digest: str) -> ImageConfig:
        """Return an image's configuration, pulling the image if need be; raise NotFound that says what is missing."""
        from recast.images import ImageStore

        store = ImageStore(self._root)
        name = self._names.get(digest)
        if name is not None and not store.has_blob(digest):
            from recast.registry.fetch import fetch_missing

            with self._lock:
                if not store.has_blob(digest):
                    self._say(f"pulling {name} ({digest})")
                    fetch_missing(name, digest, store)
        return store.config(digest)


def image_preparer(runtime: Runtime, image_store: Path) -> Callable[[str], str]:
    """Return the function from a manifest digest to what `Sandbox.image` is for this runtime.

    It verifies the blobs before it makes anything of them, and keeps what it made for the next run.
    """
    if runtime.name == "bubblewrap":
        return lambda digest: _unpacked(image_store, digest)
    if runtime.name == "podman":
        from recast.runtimes.podman import ensure_podman_image

        return lambda digest: ensure_podman_image(image_store, digest)
    raise RuntimeUnavailable(
        f"Images cannot be handed to {runtime.name} yet",
        why="bubblewrap and podman are proven on this machine; docker and apptainer belong to the grid.",
        next_step="--runtime bubblewrap",
    )


def _unpacked(image_store: Path, digest: str) -> str:
    from recast.images import ImageStore, lease_unpacked

    return str(lease_unpacked(ImageStore(image_store), digest).rootfs)
