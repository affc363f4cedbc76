"""The phases of images: built from their recipes if their content changed, pushed, pinned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from recast.catalogue import PublishedVersion
from recast.catalogue.publishing.checks import is_whole
from recast.catalogue.ready import make_ready, recipe_names, recipes_of
from recast.catalogue.transfer.connection import open_registry
from recast.catalogue.transfer.push import image_tag
from recast.ci.pipeline.order import PipelineOrder, Tools
from recast.ci.pipeline.subject import Subject, drafted
from recast.counted import counted
from recast.images import ImageStore
from recast.images.building.build import BuildOptions, build_images
from recast.images.building.built import BuiltImage, pin_built
from recast.images.building.recipefile import find_containerfiles, read_containerfile
from recast.images.lock import LOCK_NAME
from recast.json_types import JsonDict
from recast.registry import Registry
from recast.registry.bases import Registries
from recast.registry.notes import push_notes
from recast.signing import signing_key

__all__ = ["ImageRow", "pin_images", "push_images", "ready_images", "settle_pins"]

_OURS = "recast/"
COMMIT_TAG = "ci_"
"""How tags of commits begin in a registry, so that a policy can let them expire: versions have tags of their own."""


@dataclass(frozen=True, slots=True)
class ImageRow:
    """An image of the version: its digest, whether this pipeline built it, and why or why not."""

    name: str
    digest: str
    built: bool
    why: str

    def as_json(self) -> JsonDict:
        """Return the row of the report."""
        return {"name": self.name, "digest": self.digest, "built": self.built, "why": self.why}


def settle_pins(subject: Subject, order: PipelineOrder, tools: Tools) -> None:
    """Build the images whose bases float, and pin them and their bases in the checkout's `images.lock.json`."""
    store = ImageStore(tools.places.image_store)
    if order.untrusted:
        _judge_registries(_bases(subject, store))
    build_images(subject.folder, store, _options(order), tools.say, Registries())


def ready_images(subject: Subject, order: PipelineOrder, tools: Tools) -> tuple[PublishedVersion, list[ImageRow]]:
    """Return the version with all its images here, and what was done for each; only missing ones are built.

    They are built from the files as a version holds them, so that a run of the published version finds the same ones.
    """
    store = ImageStore(tools.places.image_store)
    known = drafted(subject, tools.places)
    if order.untrusted:
        _judge_registries(_bases(subject, store) | _pulled(known, store))
    if known.recipes.keys() - known.built.keys():
        with recipes_of(known) as folder:
            build_images(
                folder, store, _options(order, names=recipe_names(known), unpinned=True), tools.say, Registries()
            )
    ready = make_ready(drafted(subject, tools.places), tools.places, tools.say, _agreed, is_draft=True)
    return ready, [_row(name, digest, known, ready) for name, digest in sorted(ready.pins.items())]


def _pulled(version: PublishedVersion, store: ImageStore) -> set[str]:
    """Return the images of a version that have to be pulled."""
    return {
        name for name, digest in version.pins.items() if name not in version.recipes and not is_whole(store, digest)
    }


def _bases(subject: Subject, store: ImageStore) -> set[str]:
    """Return the bases in the checkout's recipes that may have to be pulled."""
    recipes = [read_containerfile(path) for path in find_containerfiles(subject.folder / "images")]
    return {base for it in recipes for base in it.bases if not base.startswith(_OURS)} - store.names().keys()


def _judge_registries(names: Iterable[str]) -> None:
    """Raise PermissionDenied if a stranger's commit names a registry of the local network."""
    for name in sorted(names):
        with Registry(name, strangers=True) as registry:
            registry.judge()


def _options(order: PipelineOrder, names: tuple[str, ...] = (), unpinned: bool = False) -> BuildOptions:
    """Return the options of a build; its provenance names the commit, and is signed if there is a key."""
    return BuildOptions(names=names, unpinned=unpinned, commit=order.commit or "", key=order.key or signing_key())


def push_images(version: PublishedVersion, registry: str, commit: str | None, tools: Tools) -> str:
    """Push the images that were built here, with what is said about them; return what was sent in words.

    Each has a tag of the commit (`ci_...`), which may expire, or one of its own if no commit is known.
    """
    images = ImageStore(tools.places.image_store)
    digests = sorted(set(version.built.values()))
    moved = 0
    with open_registry(registry) as remote:
        for digest in digests:
            tag = f"{COMMIT_TAG}{commit[:12]}_{image_tag(digest)[6:18]}" if commit else image_tag(digest)
            moved += remote.push(digest, images, tag).moved
        moved += push_notes(digests, images, remote)
    return f"{counted(len(digests), 'image')} in {registry}, {moved / 1e6:.1f} MB sent"


def pin_images(subject: Subject, version: PublishedVersion, tools: Tools) -> str:
    """Pin the version's images in the checkout's `images.lock.json`, which publishing reads; return it in words."""
    store = ImageStore(tools.places.image_store)
    built = [BuiltImage(name, it, store.manifest(it).size, True, 0.0) for name, it in sorted(version.built.items())]
    pin_built(subject.folder, store, built, False, tools.say)
    return f"{counted(len(built), 'image')} pinned in {subject.folder.name}/{LOCK_NAME}"


def _row(name: str, digest: str, known: PublishedVersion, ready: PublishedVersion) -> ImageRow:
    if name not in ready.recipes:
        return ImageRow(name, digest, False, "pinned by digest")
    if known.pins.get(name) == digest:
        return ImageRow(name, digest, False, "recipe and context are unchanged")
    return ImageRow(name, digest, True, "its recipe, its context or a base changed")


def _agreed(*_: object) -> None:
    """Consent to building: a pipeline is there to build what changed."""
