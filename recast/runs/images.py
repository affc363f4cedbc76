"""From a pinned digest to what a runtime starts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from recast.errors import RuntimeUnavailable
from recast.runtimes import Runtime

__all__ = ["image_preparer"]


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
    from recast.images import ImageStore, ensure_unpacked

    return str(ensure_unpacked(ImageStore(image_store), digest).rootfs)
