"""Load an image of the store into a Docker daemon, by digest only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from recast.errors import ImageCorrupt, ImageError
from recast.images import ImageStore
from recast.images.archive import archive_bytes, archive_of
from recast.runtimes.engine import image_name
from recast.runtimes.loading import Tell, ask, fed, silent

__all__ = ["ensure_docker_image"]

_CONTAINERD_NAME = "io.containerd.image.name"


def ensure_docker_image(store_root: Path, digest: str, tell: Tell = silent, client: Sequence[str] = ("docker",)) -> str:
    """Return the id of the image `digest` in a Docker daemon, loading it from our layout if necessary.

    The daemon knows an image by the digest of its configuration, or, where containerd keeps the images, by that of its
    manifest. Either must match the pin, or nothing is started (ADR 54). Raises NotFound if the layout lacks the image,
    ImageCorrupt if its bytes or the daemon's image do not match, ImageError if the daemon cannot load it.
    """
    store = ImageStore(store_root)
    pinned = (store.manifest(digest).config.digest, digest)
    held = _held(client, image_name(digest), pinned)
    if held is None:
        with store.using():
            _load(client, store, digest, tell)
        held = _held(client, image_name(digest), pinned)
    if held is None:
        raise ImageCorrupt(
            "Docker holds another image than the pinned one",
            where=image_name(digest),
            why=f"Its id is neither {pinned[0]}, the pinned image's configuration, nor {digest}, its manifest",
            next_step=f"docker rmi {image_name(digest)}, then try again",
        )
    return held


def _held(client: Sequence[str], name: str, pinned: Collection[str]) -> str | None:
    """Return the id of the pinned image if the daemon has it, under any name; else None."""
    done = ask([*client, "image", "inspect", "--format", "{{.Id}}", name, *pinned])
    if done.returncode != 0 and "o such image" not in done.stderr.replace("No such object", "No such image"):
        said = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise ImageError("Docker does not tell which images it holds", why=said, next_step="recast doctor")
    return next((found for found in done.stdout.split() if found in pinned), None)


def _load(client: Sequence[str], store: ImageStore, digest: str, tell: Tell) -> None:
    """Send the image through the client's connection; blobs are hashed while they are sent."""
    name, total = image_name(digest), archive_bytes(store, digest)
    tell(0, total)
    pieces = archive_of(store, digest, name, {_CONTAINERD_NAME: name})
    fed([*client, "load", "--quiet"], pieces, total, tell)
