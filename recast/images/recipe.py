"""Recipes of base images: `base-images/<name>/recipe.yml`, and where they are looked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recast.errors import ImageError, SpecError

__all__ = ["BaseRecipe", "find_recipe", "load_recipe", "recipe_folders"]

_RECIPE = "recipe.yml"
_LARGEST_RECIPE = 64 << 10

Package = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9+.-]+(=[A-Za-z0-9.+:~-]+)?$")]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]


class BaseRecipe(BaseModel):
    """How a base image is made: Debian suite, mmdebstrap variant, packages, what is left out.

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
    """Read a recipe; raise ImageError with the keys that are wrong."""
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
    """Return the folders that hold recipes.

    Those given; `base-images` beside or above the spec; the package's own.
    """
    above = [folder / "base-images" for folder in spec.resolve().parents]
    package = Path(__file__).resolve().parent
    own = [package / "base-images", package.parents[1] / "specs" / "base-images"]
    return [folder for folder in [*bases, *above, *own] if folder.is_dir()]


def find_recipe(reference: str, folders: Sequence[Path]) -> BaseRecipe | None:
    """Return the first recipe for `name:tag`, None if there is none."""
    return next((recipe for recipe in _recipes(folders) if recipe.reference == reference), None)


def _recipes(folders: Sequence[Path]) -> Iterator[BaseRecipe]:
    for folder in folders:
        for path in sorted(folder.glob(f"*/{_RECIPE}")):
            yield load_recipe(path)
