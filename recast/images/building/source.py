"""The key of an image's sources: its recipe and those of its bases, but not the current packages."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from recast.digests import digest_of
from recast.errors import ImageError
from recast.images.building.base import base_key
from recast.images.building.recipe import containerfile_folders, find_base_containerfile, find_recipe, recipe_folders
from recast.images.building.recipefile import read_containerfile
from recast.images.reference import parse_reference

__all__ = ["source_key", "written_key"]

_VERSION = 1
_DEEPEST = 16


class _Floats(Exception):
    """A base is a floating tag of a registry."""


def source_key(containerfile: Path, spec: Path) -> str | None:
    """Return the `sha256:...` of all sources of an image: equal sources give equal keys on every machine.

    None for an image with a floating base, which has neither a recipe nor a digest. Names and bytes of the files next
    to the Containerfile count, but not their modes, which a version does not store. Bases are found as in
    `recast.images.building.build.build_images`. Raises ImageError.
    """
    try:
        lines = "\n".join(_lines(containerfile, spec, 0))
    except _Floats:
        return None
    return _key(lines)


def written_key(containerfile: Path, spec: Path) -> str:
    """Return the same key, also if a base floats; the base's content is then not part of it. Raises ImageError."""
    return _key("\n".join(_lines(containerfile, spec, 0, floats=True)))


def _key(lines: str) -> str:
    return digest_of(lines.encode())


def _lines(path: Path, spec: Path, depth: int, *, floats: bool = False) -> Iterator[str]:
    if depth > _DEEPEST:
        raise ImageError(f"The base of {path} stands on itself", where=str(path), code="image.base")
    yield f"source {_VERSION}"
    recipe = read_containerfile(path)
    for file in sorted(recipe.folder.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield f"{hashlib.sha256(file.read_bytes()).hexdigest()} {file.relative_to(recipe.folder).as_posix()}"
    folders = recipe_folders(spec)
    for base in sorted(recipe.bases):
        yield f"base {base}"
        own = find_recipe(base, folders)
        above = find_base_containerfile(base, containerfile_folders(spec, folders))
        if own is not None:
            yield base_key(own)
        elif above is not None:
            yield from _lines(above, spec, depth + 1, floats=floats)
        elif parse_reference(base).digest is None and not floats:
            raise _Floats
