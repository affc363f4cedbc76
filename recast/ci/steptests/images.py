"""The image of each test by its digest: what the spec's lock says, or what its recipes make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from recast.ci.steptests.model import StepTest
from recast.errors import SpecError
from recast.images.building.build import BuildOptions, build_images, built_before
from recast.images.building.recipe import named_recipes
from recast.images.layout import ImageStore
from recast.images.lock import load_lock
from recast.images.reference import parse_reference
from recast.registry.bases import Registries

__all__ = ["pinned_images"]


def pinned_images(
    tests: Sequence[StepTest],
    store: ImageStore,
    say: Callable[[str], None],
    pins: Mapping[Path, Mapping[str, str]],
    *,
    strangers: bool = False,
) -> dict[tuple[Path, str], str]:
    """Return `NAME@sha256:...` by a spec's folder and what its steps ask for; images with a recipe are built if needed.

    `pins` are digests that the caller knows already, by folder and `name:tag`; `strangers` is as for `Registries`.
    Raises SpecError for an image without a digest and a recipe, and what a build raises.
    """
    wanted: dict[Path, list[str]] = {}
    for test in tests:
        names = wanted.setdefault(test.folder, [])
        if test.step.image and test.step.image not in names:
            names.append(test.step.image)
    found: dict[tuple[Path, str], str] = {}
    for folder, names in wanted.items():
        known = {name: digest for name, digest in pins.get(folder, {}).items() if name in names}
        digests = _digests(folder, names, store, say, known, strangers=strangers)
        for name in names:
            reference = parse_reference(name)
            found[folder, name] = name if reference.digest else f"{reference.name}@{digests[name]}"
    return found


def _digests(
    folder: Path,
    names: Sequence[str],
    store: ImageStore,
    say: Callable[[str], None],
    known: dict[str, str],
    *,
    strangers: bool,
) -> dict[str, str]:
    lock = load_lock(folder).images
    recipes = named_recipes(folder) if (folder / "images").is_dir() else {}
    missing = []
    for name in names:
        if name in known or parse_reference(name).digest:
            continue
        pin = lock.get(name)
        if pin is not None and (pin.source == "registry" or name not in recipes):
            known[name] = pin.digest  # what was built is pinned too, but its recipe may have changed since
        elif name in recipes:
            missing.append(name)
        else:
            raise _floating(name, folder)
    if missing:
        registries = Registries(strangers=strangers)
        known |= _built([recipes[name].parent.name for name in missing], folder, store, say, registries)
    return known


def _built(
    recipes: Sequence[str], folder: Path, store: ImageStore, say: Callable[[str], None], registries: Registries
) -> dict[str, str]:
    there = built_before(folder, store, tuple(recipes))
    if len(there) < len(recipes):
        options = BuildOptions(names=tuple(recipes), unpinned=True)
        there |= {image.name: image.digest for image in build_images(folder, store, options, say, registries)}
    return there


def _floating(name: str, folder: Path) -> SpecError:
    return SpecError(
        f"The image {name} of a step is neither pinned nor made by a recipe",
        where=str(folder),
        why="A test runs in the image that a run of the step would have, and a tag may mean another one tomorrow.",
        next_step=f"recast image pin {folder}   or   write images/NAME/Containerfile beside the workflow",
        code="spec.floating-image",
    )
