"""A version made ready to run: in the catalogue, its images here, every byte checked. Once; the next time it is.

Images that a registry has are pulled by digest. Those that are built from recipes of the version are built here, after
whoever asked for it has agreed, and what they became is written down beside the version.
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
    "refuse",
    "take_in",
    "with_known_builds",
]

WITH_THE_PACKAGE = f"recast-framework {__version__}, with which it came"


@dataclass(frozen=True, slots=True)
class Needed:
    """An image that has to be built before a version runs; what that costs, None if nobody says."""

    name: str
    size_mb: float | None = None
    minutes: float | None = None

    def __str__(self) -> str:
        size = f": {self.size_mb:g} MB of disk" if self.size_mb is not None else ""
        time = f", about {self.minutes:g} minute{'s' * (self.minutes != 1)}" if self.minutes is not None else ""
        return f"image {self.name} not here{size}{time}"


Say = Callable[[str], None]
Consent = Callable[[PublishedVersion, list[Needed]], None]
"""Asks whether images may be built; raises if not."""


def refuse(version: PublishedVersion, missing: list[Needed]) -> None:
    """Raise ImageError that says what is missing and how to get it."""
    raise ImageError(
        f"{version.reference} needs {'an image' if len(missing) == 1 else 'images'} that nobody built here yet",
        where=version.digest,
        why="\n".join(f"{it}; built from its recipe, once" for it in missing),
        next_step=f"recast catalogue get {version.typed} --yes   (or the same line again with --yes)",
        code="image.not-built",
    )


def needed(version: PublishedVersion, images: ImageStore, keys: Container[str] = ()) -> list[Needed]:
    """Return the images that have to be built: from a recipe, and not here; `keys` are those of recipes that are."""
    return [
        Needed(name, recipe.get("size_mb"), recipe.get("minutes"))
        for name, recipe in version.recipes.items()
        if recipe["key"] not in keys and not (name in version.pins and is_whole(images, version.pins[name]))
    ]


def keys_here(catalogue: Catalogue, images: ImageStore) -> set[str]:
    """Return the keys of the recipes whose images are here, for whichever version they were built."""
    found: set[str] = set()
    for reference in catalogue.references():
        with suppress(RecastError):  # what is damaged is told elsewhere
            version = catalogue.get(reference)
            missing = {it.name for it in needed(version, images)}
            found.update(recipe["key"] for name, recipe in version.recipes.items() if name not in missing)
    return found


def images_in_words(version: PublishedVersion, images: ImageStore, keys: Container[str]) -> str:
    """Return `here`, or what of a version's images is not here and what it takes to get that; `keys` as in `needed`."""
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
    """Return the version as it can run: in the catalogue, with its images here, and every byte of it checked.

    `consent` is asked before anything is built. `is_draft` says that it is the user's own entry as it is written now:
    its recipes may run, and what they became is written down nowhere. Raises what `consent` raises; ImageError for an
    image that is not here and that nobody may build; StoreError or ImageCorrupt that name a damaged blob; NotFound,
    NetworkError and the like for images.
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
    """Return a version that comes along with this program as one of the catalogue; any other one as it is.

    What a stranger brought under its number makes way, as for what an accepted signer published.
    """
    if catalogue.comes_along(version.analysis, version.version) != version.digest:
        return version
    store = catalogue.store
    if version.store.root == store.root and catalogue.standing(version).vouched:
        return version
    from recast.catalogue.copy_tree import copy_tree
    from recast.catalogue.publishing.publish import (  # pydantic comes with it, which takes its time
        Author,
        enter,
        say_published,
    )

    copy_tree(version.store.layout, version.digest, store.layout)
    there = store.index().get((version.analysis, version.version))
    if there not in (None, version.digest):
        with store.publishing():
            store.forget(version.analysis, there)
        say(f"warning    {version.reference} was {there} here, which nobody vouches for; it is what came along now")
    own = load_version(store, version.digest)
    enter(own, store)
    say_published(own, store, Author(WITH_THE_PACKAGE))
    return load_version(store, version.digest)


def may_build(version: PublishedVersion, catalogue: Catalogue) -> bool:
    """Return whether recipes of a version may run here: not those of a stranger."""
    along = catalogue.comes_along(version.analysis, version.version) == version.digest
    return along or catalogue.standing(version).vouched


def _strangers(version: PublishedVersion, missing: list[Needed]) -> ImageError:
    """Return the error for images that are not here, of a version whose recipes nobody vouches for."""
    wanted = [f"{it.name}{f' ({version.pins[it.name]})' if it.name in version.pins else ''}" for it in missing]
    return ImageError(
        f"{version.reference} needs {'an image that is' if len(wanted) == 1 else 'images that are'} not here",
        where=version.digest,
        why=f"{', '.join(wanted)}. A recipe makes it, and recipes are built here only if you, or a signer "
        "whom you accept, published the version.",
        next_step="Take it from whoever made it, then the same line again:\n"
        "recast catalogue import ARCHIVE   (made there by: recast catalogue export ... --with-images)\n"
        "recast image load ARCHIVE         (made there by: recast image save NAME:TAG ARCHIVE)",
        code="image.not-here",
    )


def _unbuilt(version: PublishedVersion, missing: list[Needed], images: ImageStore) -> list[Needed]:
    """Leave out what another version with the same recipes has had built here."""
    there = _built_before(version, images)
    return [it for it in missing if it.name not in there]


def with_known_builds(version: PublishedVersion, images: ImageStore) -> PublishedVersion:
    """Return a version of the user's own with the images that its recipes have become here already."""
    there = _built_before(version, images) if version.recipes else {}
    known = {name: digest for name, digest in there.items() if name in version.recipes and is_whole(images, digest)}
    return replace(version, pins={**version.pins, **known})


def _built_before(version: PublishedVersion, images: ImageStore) -> dict[str, str]:
    from recast.images.building.build import built_before

    with _recipes(version) as folder:
        return built_before(folder, images, _names(version))


def _names(version: PublishedVersion) -> tuple[str, ...]:
    """Return the folders of the recipes that the workflow asks for, as a build knows them."""
    return tuple(sorted({Path(recipe["folder"]).name for recipe in version.recipes.values()}))


def _built(version: PublishedVersion, images: ImageStore, say: Say) -> PublishedVersion:
    """Build what is missing, and return the version with what it became."""
    from recast.images.building.build import BuildOptions, build_images
    from recast.registry.bases import Registries

    with _recipes(version) as folder:
        _check_sources(version, folder)
        built = build_images(folder, images, BuildOptions(_names(version), unpinned=True), say, Registries())
    return replace(version, pins={**version.pins, **_wanted(version, built)})


def _written_down(version: PublishedVersion, catalogue: Catalogue) -> PublishedVersion:
    from recast.catalogue.publishing.publish import Author, say_published

    say_published(version, catalogue.store, Author(_user()))
    return load_version(catalogue.store, version.digest)


def _wanted(version: PublishedVersion, built: list[BuiltImage]) -> Mapping[str, str]:
    digests = {image.name: image.digest for image in built if image.name in version.recipes}
    if missing := sorted(version.recipes.keys() - digests.keys()):
        raise EntryError(f"No recipe of {version.reference} makes the image {missing[0]}", where=version.digest)
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
                why=f"It is made of {recipe['key']}; with the base images of recast {__version__} that would be {key}.",
                next_step="Take the image from whoever published it, or install the recast that the version came with.",
                code="image.other-recipe",
            )


@contextmanager
def _recipes(version: PublishedVersion) -> Iterator[Path]:
    """Make a folder with the recipes of a version, in the modes that files of a checkout have, for the time of a build.

    All of them: an image may stand on one that the workflow does not name. Modes are seen in an image: so it is the
    same whether it is built from the bundle or from a checkout.
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
