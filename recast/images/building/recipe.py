"""Recipes of base images: `base-images/<name>/recipe.yml`, and finding them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recast.errors import ImageError, NotFound, SpecError
from recast.images.building.recipefile import find_containerfiles

__all__ = [
    "LABELS",
    "BaseRecipe",
    "containerfile_folders",
    "family",
    "find_base_containerfile",
    "find_recipe",
    "is_family",
    "load_recipe",
    "named_recipes",
    "recipe_folders",
]

LABELS = ("org.opencontainers.image.title", "org.opencontainers.image.version")
"""The labels with the name and tag of an image."""

_TITLE = re.compile(r"\borg\.opencontainers\.image\.title=[\"']?([^\s\"']+)")
_TAG = re.compile(r"\borg\.opencontainers\.image\.version=[\"']?([^\s\"']+)")


def is_family(folder: Path) -> bool:
    """Return whether a folder contains base recipes, and is not a spec."""
    return not (folder / "images").is_dir() and next(folder.glob("*/recipe.yml"), None) is not None


def family(folder: Path, names: Sequence[str] = ()) -> dict[str, str]:
    """Return the bases of a folder, `name:tag` by the name of their folder; only those in `names`, if given."""
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
    """Return the first Containerfile with the labels of `name:tag`, None if there is none."""
    return next((path for path, name in _containerfiles(folders) if name == reference), None)


def named_recipes(spec: Path) -> dict[str, Path]:
    """Return the Containerfiles of a spec by the `name:tag` in their labels; raise ImageError if two have the same."""
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
    """Return the folders to search for a base with a Containerfile: the images of the spec itself, then `folders`."""
    return [spec / "images", *folders]


def _containerfiles(folders: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    for folder in folders:
        for path in find_containerfiles(folder):
            text = path.read_text(encoding="utf-8", errors="replace")
            title, tag = _TITLE.search(text), _TAG.search(text)
            if title and tag:
                yield path, f"{title[1]}:{tag[1]}"


_RECIPE = "recipe.yml"
_LARGEST_RECIPE = 64 << 10

Package = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9+.-]+(=[A-Za-z0-9.+:~-]+)?$")]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]


class BaseRecipe(BaseModel):
    """How a base image is built: Debian suite, mmdebstrap variant, packages, what is left out.

    `exclude` are globs on paths without a leading slash (`*` crosses slashes). `timestamp` is seconds since the epoch
    and becomes the time of everything in the image. `python` is the version that wheels are fetched for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9]+([._/-][a-z0-9]+)*$")]
    tag: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")]
    suite: Word
    variant: Word = "essential"
    packages: tuple[Package, ...] = ()
    python: Annotated[str, Field(pattern=r"^3\.\d{1,2}$")] | None = None
    timestamp: Annotated[int, Field(ge=0)]
    env: dict[str, str] = {}
    exclude: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """The name by which a Containerfile asks for it: `name:tag`."""
        return f"{self.name}:{self.tag}"


def load_recipe(path: Path) -> BaseRecipe:
    """Read a recipe; raise ImageError with the invalid keys."""
    from recast.spec.jsonable import read_json

    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST_RECIPE)
        return BaseRecipe.model_validate(read_json(text, str(path)))
    except ValidationError as problem:
        why = "\n".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in problem.errors())
        raise ImageError("The recipe of a base image is invalid", where=str(path), why=why) from problem
    except SpecError as problem:
        raise ImageError(problem.what, where=problem.where, why=problem.why, next_step=problem.next_step) from problem
    except (OSError, ValueError) as problem:
        raise ImageError("The recipe of a base image cannot be read", where=str(path), why=str(problem)) from problem


def recipe_folders(spec: Path, bases: Sequence[Path] = ()) -> list[Path]:
    """Return the folders with recipes: those given, `base-images` next to or above the spec, and the package's own."""
    above = [folder / "base-images" for folder in spec.resolve().parents]
    package = Path(__file__).resolve().parents[1]
    own = [package / "base-images", package.parents[1] / "specs" / "base-images"]
    return [folder for folder in [*bases, *above, *own] if folder.is_dir()]


def find_recipe(reference: str, folders: Sequence[Path]) -> BaseRecipe | None:
    """Return the first recipe for `name:tag`, None if there is none."""
    return next((recipe for recipe in _recipes(folders) if recipe.reference == reference), None)


def _recipes(folders: Sequence[Path]) -> Iterator[BaseRecipe]:
    for folder in folders:
        for path in sorted(folder.glob(f"*/{_RECIPE}")):
            yield load_recipe(path)
