"""What determines the content of each image of a version: a digest, or a recipe in its bundle."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recast.errors import EntryError, InputError, NotFound
from recast.images import load_lock, parse_reference
from recast.images.lock import LOCK_NAME, ImageLock
from recast.json_types import JsonObject
from recast.spec.model import Case, ContainerEnvironment, HostEnvironment, Packtivity, Workflow

__all__ = ["Pins", "find_pins"]


@dataclass(frozen=True, slots=True)
class Pins:
    """The images of a workflow by their names in it.

    `images` are digests that are the same everywhere. `recipes` are images that each site builds from the bundle: the
    `folder` of the Containerfile in it, and the `key` of its content (`recast.images.building.source`); `built` are the
    digests of these images here.
    """

    images: Mapping[str, str] = field(default_factory=dict)
    recipes: Mapping[str, JsonObject] = field(default_factory=dict)
    built: Mapping[str, str] = field(default_factory=dict)


def find_pins(workflow: Workflow, folder: Path, *, unbuilt: bool) -> Pins:
    """Return the pins of a workflow; raise EntryError for an image that floats, or for host processes.

    `unbuilt` says that an image with a recipe need not have been built.
    """
    from recast.images.building.recipe import named_recipes
    from recast.images.building.source import source_key

    lock, known = load_lock(folder), named_recipes(folder)
    images, recipes, built = {}, {}, {}
    for environment in _containers(workflow, folder):
        reference = environment.reference
        containerfile = known.get(reference) if _is_built_here(reference, lock) else None
        key = source_key(containerfile, folder) if containerfile is not None else None
        if containerfile is not None and not (unbuilt and key):
            _check_fresh(reference, lock, containerfile, folder)
        if containerfile is None or key is None:
            images[reference] = _pin(environment, lock, folder)
            continue
        recipes[reference] = {"folder": containerfile.parent.relative_to(folder).as_posix(), "key": key}
        if not unbuilt:
            built[reference] = _pin(environment, lock, folder)
    return Pins(dict(sorted(images.items())), dict(sorted(recipes.items())), dict(sorted(built.items())))


def _check_fresh(reference: str, lock: ImageLock, containerfile: Path, folder: Path) -> None:
    """Raise EntryError if a pinned image was built before its recipe, a file next to it or a base was changed."""
    from recast.images.building.source import written_key

    pin = lock.images.get(reference)
    if pin is not None and pin.recipe and pin.recipe != written_key(containerfile, folder):
        raise EntryError(
            f"The image {reference} was built from another recipe than the one that is here now",
            where=str(containerfile),
            why=f"{LOCK_NAME} pins {pin.digest}; since then the recipe, a file next to it or a base has changed.",
            next_step=f"recast image build {shlex.quote(str(folder))}",
            code="entry.stale-image",
        )


def _is_built_here(reference: str, lock: ImageLock) -> bool:
    """Return whether an image is built from its recipe, not pulled from a registry."""
    pin = lock.images.get(reference)
    return pin is None or pin.source == "build"


def _containers(workflow: Workflow, folder: Path) -> Iterator[ContainerEnvironment]:
    for environment in _environments(workflow):
        if isinstance(environment, HostEnvironment):
            raise EntryError(
                "A step runs on the host, outside of any container",
                where=str(folder),
                why="A published version must run unchanged in ten years; a host does not.",
                next_step="Give the step an environment docker-encapsulated with an image.",
            )
        if isinstance(environment, ContainerEnvironment):
            yield environment


def _pin(environment: ContainerEnvironment, lock: ImageLock, folder: Path) -> str:
    try:
        reference = parse_reference(environment.reference)
        return reference.digest or str(lock.digest(reference.name, reference.tag or "latest"))
    except (NotFound, InputError) as problem:
        raise EntryError(
            f"The image {environment.reference} is not pinned: its content is not determined",
            where=str(environment.position or folder),
            why=f"{problem.what}. {problem.why}".strip(),
            next_step=f"recast image build {folder}   (builds the images and writes {LOCK_NAME})",
            code="entry.floating-image",
        ) from problem


def _environments(body: Workflow | Packtivity | tuple[Case, ...] | None) -> Iterator[Any]:
    if isinstance(body, Workflow):
        for stage in body.stages:
            yield from _environments(stage.body)
    elif isinstance(body, Packtivity):
        yield body.environment
    elif body is not None:
        for case in body:
            yield from _environments(case.body)
