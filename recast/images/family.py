"""A folder of base images: each is a `recipe.yml` (Debian packages) or a `Containerfile` on top of another one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from recast.errors import ImageError, NotFound
from recast.images.recipe import load_recipe
from recast.images.recipefile import find_containerfiles

__all__ = ["LABELS", "containerfile_folders", "family", "find_base_containerfile", "is_family", "named_recipes"]

LABELS = ("org.opencontainers.image.title", "org.opencontainers.image.version")
"""The labels by which an image says its name and its tag."""

_TITLE = re.compile(r"\borg\.opencontainers\.image\.title=[\"']?([^\s\"']+)")
_TAG = re.compile(r"\borg\.opencontainers\.image\.version=[\"']?([^\s\"']+)")


def is_family(folder: Path) -> bool:
    """Return whether a folder holds recipes of bases, and is not a spec."""
    return not (folder / "images").is_dir() and next(folder.glob("*/recipe.yml"), None) is not None


def family(folder: Path, names: Sequence[str] = ()) -> dict[str, str]:
    """Return the bases of a folder, `name:tag` by the name of their folder; only `names` if there are any."""
    found = {path.parent.name: str(load_recipe(path).reference) for path in sorted(folder.glob("*/recipe.yml"))}
    found |= {path.parent.name: reference for path, reference in _containerfiles([folder])}
    if missing := sorted(set(names) - set(found)):
        raise NotFound(
            f"No base image {', '.join(missing)}",
            where=str(folder),
            why=f"There are: {', '.join(sorted(found))}",
            code="image.not-found",
        )
    return {name: reference for name, reference in sorted(found.items()) if not names or name in names}


def find_base_containerfile(reference: str, folders: Sequence[Path]) -> Path | None:
    """Return the first Containerfile whose labels say `name:tag`, None if there is none."""
    return next((path for path, name in _containerfiles(folders) if name == reference), None)


def named_recipes(spec: Path) -> dict[str, Path]:
    """Return the Containerfiles of a spec by the `name:tag` that their labels say; raise ImageError if two say one."""
    found: dict[str, Path] = {}
    for path, name in _containerfiles([spec / "images"]):
        if name in found:
            raise ImageError(
                f"Two recipes make the image {name}",
                where=f"{found[name]}, {path}",
                why="A name means one image; whichever was built last would take it from the other.",
                next_step=f"LABEL {LABELS[0]}=... {LABELS[1]}=...   (another name or tag in one of the two)",
                code="image.containerfile",
            )
        found[name] = path
    return found


def containerfile_folders(spec: Path, folders: Sequence[Path]) -> list[Path]:
    """Return where a base with a Containerfile is looked for: the images of the spec itself, then `folders`."""
    return [spec / "images", *folders]


def _containerfiles(folders: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    for folder in folders:
        for path in find_containerfiles(folder):
            text = path.read_text(encoding="utf-8", errors="replace")
            title, tag = _TITLE.search(text), _TAG.search(text)
            if title and tag:
                yield path, f"{title[1]}:{tag[1]}"
