"""Prepare a version to run, once: in the catalogue, with its images in the image store, every byte checked. Images in a
registry are pulled by digest.

Images with recipes in the version are built here, after the user has agreed, and their digests are recorded in a
statement about the version.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from recast._version import __version__
from recast.catalogue.integrity import check_intact
from recast.catalogue.load import load_version
from recast.catalogue.local import Catalogue
from recast.catalogue.publishing.checks import is_whole
from recast.catalogue.version import PublishedVersion
from recast.errors import EntryError, ImageError, RecastError
from recast.images import ImageStore
from recast.paths import Places

if TYPE_CHECKING:
    from recast.images.building.build import BuiltImage

__all__ = [
    "Consent",
    "Needed",
    "images_in_words",
    "keys_here",
    "make_ready",
    "may_build",
    "needed",
    "recipe_names",
    "recipes_of",
    "refuse",
    "take_in",
    "with_known_builds",
]

WITH_THE_PACKAGE = f"recast-framework {__version__}, with which it came"


@dataclass(frozen=True, slots=True)
class Needed:
    """An image that has to be built before a version runs, and the cost of building it, None if not stated."""

    name: str
    size_mb: float | None = None
    minutes: float | None = None

    def __str__(self) -> str:
        size = f": {self.size_mb:g} MB of disk" if self.size_mb is not None else ""
        time = f", about {self.minutes:g} minute{'s' * (self.minutes != 1)}" if self.minutes is not None else ""
        return f"image {self.name} not here{size}{time}"


Say = Callable[[str], None]
Consent = Callable[[PublishedVersion, list[Needed]], None]
"""A function that asks whether images may be built; raises if not."""


def refuse(version: PublishedVersion, missing: list[Needed]) -> None:
    """Raise ImageError that says what is missing and how to get it."""
    raise ImageError(
        f"{version.reference} needs {'an image' if len(missing) == 1 else 'images'} not built here yet",
        where=version.digest,
        why="\n".join(f"{it}; built from its recipe, once" for it in missing),
        next_step=f"recast catalogue get {version.typed} --yes   (or repeat the command with --yes)",
        code="image.not-built",
    )


def needed(version: PublishedVersion, images: ImageStore, keys: Container[str] = ()) -> list[Needed]:
    """Return the images with a recipe that are not in the store; `keys` are those of recipes whose images are."""
    return [
        Needed(name, recipe.get("size_mb"), recipe.get("minutes"))
        for name, recipe in version.recipes.items()
        if recipe["key"] not in keys and not (name in version.pins and is_whole(images, version.pins[name]))
    ]


def keys_here(catalogue: Catalogue, images: ImageStore) -> set[str]:
    """Return the keys of the recipes whose images are in the store, whichever version they were built for."""
    found: set[str] = set()
    for reference in catalogue.references():
        with suppress(RecastError):  # damaged versions are reported elsewhere
            version = catalogue.get(reference)
            missing = {it.name for it in needed(version, images)}
            found.update(recipe["key"] for name, recipe in version.recipes.items() if name not in missing)
    return found


def images_in_words(version: PublishedVersion, images: ImageStore, keys: Container[str]) -> str:
    """Return `here`, or which images of a version are missing and what getting them takes; `keys` as in `needed`."""
    built = needed(version, images, keys)
    pulled = [
        name for name, digest in version.pins.items() if name not in version.recipes and not is_whole(images, digest)
    ]
    return "; ".join([*map(str, built), *(f"image {name} not here: pulled by digest" for name in pulled)]) or "here"


def make_ready(
    version: PublishedVersion,
    places: Places,
    say: Say = lambda _: None,
    consent: Consent = refuse,
    *,
    is_draft: bool = False,
) -> PublishedVersion:
    """Return the version ready to run: in the catalogue, with its images in the store, and every byte checked.

    `consent` is called before anything is built. `is_draft` says that it is the user's own unpublished entry: its
    recipes may be built, and the results are not recorded. Raises what `consent` raises; ImageError for a missing image
    that must not be built here; StoreError or ImageCorrupt, which name a damaged blob; NotFound, NetworkError and the
    like for images.
    """
    catalogue, images = Catalogue(), ImageStore(places.image_store)
    if not all(is_whole(images, digest) for digest in version.pins.values()):
        from recast.catalogue.transfer.fetch import fetch_images

        fetch_images(version, catalogue, images, say)
    missing = needed(version, images)
    if missing and not (is_draft or may_build(version, catalogue)):
        raise _strangers(version, missing)
    if missing and (unbuilt := _unbuilt(version, missing, images)):
        consent(version, unbuilt)
    if missing or version.store.root != catalogue.store.root:
        version = take_in(version, catalogue, say)
    if missing:
        version = _built(version, images, say)
        if not is_draft:
            version = _written_down(version, catalogue)
    check_intact(version, images, places.cache_dir / "intact")
    return version


def take_in(version: PublishedVersion, catalogue: Catalogue, say: Say = lambda _: None) -> PublishedVersion:
    """Return a version shipped with this program after copying it into the catalogue; any other version unchanged.

    It replaces an untrusted version with the same number, as a version from an accepted signer would.
    """
    if catalogue.comes_along(version.analysis, version.version) != version.digest:
        return version
    store = catalogue.store
    if version.store.root == store.root and catalogue.standing(version).vouched:
        return version
    from recast.catalogue.copy_tree import copy_tree
    from recast.catalogue.publishing.publish import (  # this imports pydantic, which is slow
        Author,
        enter,
        say_published,
    )

    copy_tree(version.store.layout, version.digest, store.layout)
    there = store.index().get((version.analysis, version.version))
    if there not in (None, version.digest):
        with store.publishing():
            store.forget(version.analysis, there)
        say(f"warning    {version.reference} was {there} here, which nobody vouches for; the shipped one replaced it")
    own = load_version(store, version.digest)
    enter(own, store)
    say_published(own, store, Author(WITH_THE_PACKAGE))
    return load_version(store, version.digest)


def may_build(version: PublishedVersion, catalogue: Catalogue) -> bool:
    """Return whether recipes of a version may be built here: not those of an untrusted version."""
    along = catalogue.comes_along(version.analysis, version.version) == version.digest
    return along or catalogue.standing(version).vouched


def _strangers(version: PublishedVersion, missing: list[Needed]) -> ImageError:
    """Return the error for missing images of a version whose recipes nobody vouches for."""
    wanted = [f"{it.name}{f' ({version.pins[it.name]})' if it.name in version.pins else ''}" for it in missing]
    return ImageError(
        f"{version.reference} needs {'an image that is' if len(wanted) == 1 else 'images that are'} not here",
        where=version.digest,
        why=f"{', '.join(wanted)}. It is built from a recipe, and recipes are built here only if you, or a signer "
        "whom you accept, published the version.",
        next_step="Get it from its author, then repeat the command:\n"
        "recast catalogue import ARCHIVE   (made there by: recast catalogue export ... --with-images)\n"
        "recast image load ARCHIVE         (made there by: recast image save NAME:TAG ARCHIVE)",
        code="image.not-here",
    )


def _unbuilt(version: PublishedVersion, missing: list[Needed], images: ImageStore) -> list[Needed]:
    """Return the missing images without those that were built here for another version with the same recipes."""
    there = _built_before(version, images)
    return [it for it in missing if it.name not in there]


def with_known_builds(version: PublishedVersion, images: ImageStore) -> PublishedVersion:
    """Return the user's own version with the images that were already built here from its recipes."""
    there = _built_before(version, images) if version.recipes else {}
    known = {name: digest for name, digest in there.items() if name in version.recipes and is_whole(images, digest)}
    return replace(version, pins={**version.pins, **known})


def _built_before(version: PublishedVersion, images: ImageStore) -> dict[str, str]:
    from recast.images.building.build import built_before

    with recipes_of(version) as folder:
        return built_before(folder, images, recipe_names(version))


def recipe_names(version: PublishedVersion) -> tuple[str, ...]:
    """Return the folder names of the recipes that the workflow needs, as used by a build."""
    return tuple(sorted({Path(recipe["folder"]).name for recipe in version.recipes.values()}))


def _built(version: PublishedVersion, images: ImageStore, say: Say) -> PublishedVersion:
    """Build the missing images, and return the version with their digests."""
    from recast.images.building.build import BuildOptions, build_images
    from recast.registry.bases import Registries

    with recipes_of(version) as folder:
        _check_sources(version, folder)
        built = build_images(folder, images, BuildOptions(recipe_names(version), unpinned=True), say, Registries())
    return replace(version, pins={**version.pins, **_wanted(version, built)})


def _written_down(version: PublishedVersion, catalogue: Catalogue) -> PublishedVersion:
    from recast.catalogue.publishing.publish import Author, say_published

    say_published(version, catalogue.store, Author(_user()))
    return load_version(catalogue.store, version.digest)


def _wanted(version: PublishedVersion, built: list[BuiltImage]) -> Mapping[str, str]:
    digests = {image.name: image.digest for image in built if image.name in version.recipes}
    if missing := sorted(version.recipes.keys() - digests.keys()):
        raise EntryError(f"No recipe of {version.reference} builds the image {missing[0]}", where=version.digest)
    return digests


def _check_sources(version: PublishedVersion, folder: Path) -> None:
    """Raise EntryError unless the recipes, with their bases, are those that the version was published with."""
    from recast.images.building.recipefile import find_containerfile
    from recast.images.building.source import source_key

    for name, recipe in version.recipes.items():
        containerfile = find_containerfile(folder / recipe["folder"])
        key = source_key(containerfile, folder) if containerfile is not None else None
        if key != recipe["key"]:
            raise EntryError(
                f"The image {name} of {version.reference} cannot be built by this program",
                where=recipe["folder"],
                why=f"It was built from {recipe['key']}; with the bases of recast {__version__} it would be {key}.",
                next_step="Get the image from its publisher, or install the recast version that it was published with.",
                code="image.other-recipe",
            )


@contextmanager
def recipes_of(version: PublishedVersion) -> Iterator[Path]:
    """Yield a temporary folder with all recipes of a version, with the file modes of a checkout.

    All of them, because an image may be based on one that the workflow does not name. Modes become part of an image, so
    building from the bundle and from a checkout gives the same image.
    """
    folders = tuple({f"{Path(recipe['folder']).parent.as_posix()}/" for recipe in version.recipes.values()})
    with tempfile.TemporaryDirectory(prefix="recast-recipes-") as name:
        for path in version.files:
            if path.startswith(folders):
                file = Path(name, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(version.read(path))
                file.chmod(0o644)
        for folder in Path(name).rglob("*"):
            if folder.is_dir():
                folder.chmod(0o755)
        yield Path(name)


def _user() -> str:
    import getpass

    return getpass.getuser()
