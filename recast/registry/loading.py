"""`recast image load` and `save`: images from and to files."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recast.atomic import whole_file
from recast.errors import ImageError, UsageError
from recast.images.archive import archive_of
from recast.images.layout import ImageStore
from recast.images.lock import Pin, load_lock, write_lock
from recast.images.reference import parse_reference
from recast.moments import now
from recast.registry.saved import SavedImage, no_room, open_saved

__all__ = ["Loaded", "load_images", "pin_loaded", "save_image"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """An image loaded from an archive: its name here, its digest, its platform and its stored size in bytes."""

    name: str
    digest: str
    platform: str
    size: int


def load_images(
    file: Path, store: ImageStore, name: str | None = None, *, force: bool = False, platform: str | None = None
) -> list[Loaded]:
    """Load all images of an archive into a store, under their names in it, or a single one under `name`.

    A name that refers to another image here is not moved without `force`. Every layer is compared with its
    configuration; names are given last. Raises InputError (`archive.unsound`), UsageError, ImageError.
    """
    with open_saved(file, store) as archive, store.using():
        if archive.size > shutil.disk_usage(store.root).free:
            raise no_room(store, archive.size)
        images = archive.images(platform)
        named = [(image, _names(image, name, len(images), file)) for image in images]
        found = [(wanted, archive.bring(image, store)) for image, wanted in named]
        wanted = {each: digest for names, digest in found for each in names}
        if not force:
            _check_free(wanted, store, file)
        for each, digest in wanted.items():
            store.tag(each, digest)
    return [
        Loaded(each, digest, store.config(digest).platform, store.manifest(digest).size)
        for each, digest in wanted.items()
    ]


def pin_loaded(spec: Path, images: list[Loaded]) -> Path:
    """Pin images in the `images.lock.json` of a spec's folder; return its path."""
    lock = load_lock(spec)
    for image in images:
        lock = lock.with_pin(image.name, Pin(image.digest, image.platform, image.size, now(), "build"))
    return write_lock(spec, lock)


def save_image(name: str, store: ImageStore, file: Path) -> str:
    """Write an image into one file that recast, skopeo, podman and docker load; return its digest.

    It is an OCI layout with Docker's manifest list. The same image and name give the same bytes. Raises NotFound,
    ImageCorrupt, ImageError if the file cannot be written.
    """
    digest = name if name.startswith("sha256:") else store.resolve(name)
    pieces = archive_of(store, digest, "" if "@" in name or name.startswith("sha256:") else name)
    try:
        with whole_file(file) as stream:
            for piece in pieces:
                stream.write(piece)
    except OSError as problem:
        raise ImageError.of(problem, "The archive cannot be written", file, "Free space, or take another disk.") from (
            problem
        )
    return digest


def _names(image: SavedImage, name: str | None, count: int, file: Path) -> tuple[str, ...]:
    """Return the names for an image here."""
    if name is not None and count == 1:
        reference = parse_reference(name)
        return (str(reference) if reference.tag else f"{reference.name}:latest",)
    if name is not None:
        raise UsageError(f"--name gives one name, but the archive contains {count} images", where=str(file))
    if not image.names:
        raise UsageError(
            "The archive does not name its image",
            where=str(file),
            why="Images are saved without a name if they were selected by ID instead of NAME:TAG.",
            next_step=f"recast image load {file} --name NAME:TAG",
        )
    return image.names


def _check_free(wanted: Mapping[str, str], store: ImageStore, file: Path) -> None:
    known = store.names()
    for name, digest in wanted.items():
        if known.get(name, digest) != digest:
            raise UsageError(
                f"The name {name} refers to another image here",
                where=str(file),
                why=f"It refers to {known[name]}; loading would move it to {digest}.",
                next_step="Give another name with --name, or add --force.",
                code="image.tag-taken",
            )
