"""`recast image build`: build every image of a spec from its Containerfile, and pin it in `images.lock.json`.

An image's name and tag are its labels `org.opencontainers.image.title` and `org.opencontainers.image.version`, so they
are part of the image.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from recast.errors import ImageError, NotFound, RecastError
from recast.images.building.base import base_key, make_base
from recast.images.building.bases import Asked, Elsewhere, find_base
from recast.images.building.built import BuildRecords, BuiltImage, pin_built
from recast.images.building.containerfile import run_containerfile
from recast.images.building.context import context_digest
from recast.images.building.described import Begun, describe, note_sbom
from recast.images.building.recipe import (
    LABELS,
    BaseRecipe,
    containerfile_folders,
    family,
    find_base_containerfile,
    find_recipe,
    is_family,
    named_recipes,
    recipe_folders,
)
from recast.images.building.recipefile import Containerfile, find_containerfiles, read_containerfile
from recast.images.building.wheels import LOCK_FILE, fetch_wheels, python_of
from recast.images.building.workfolders import clear
from recast.images.layout import ImageStore
from recast.images.lock import LOCK_NAME, Pin, load_lock, write_lock
from recast.images.reference import parse_reference
from recast.images.tools import in_turn
from recast.images.unpack import ensure_unpacked
from recast.signing import sign

__all__ = ["BuildOptions", "BuiltImage", "build_images", "built_before"]

_VERSION = 2
_TITLE, _TAG = LABELS
_DEFAULT_TIMESTAMP, _DEFAULT_PYTHON = 1_700_000_000, "3.11"


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """The options of `recast image build`.

    `names`: only these folders of `images/`. `bases`: additional folders with base recipes. `force`: build even if
    nothing changed. `locked`: a digest other than the pinned one is an error. `unpinned`: write no lock into the spec's
    folder. `anew`: resolve tags in FROM lines again. `key`: sign the provenance with this SSH key. `commit`: the commit
    that is built, if the caller knows it; otherwise git is asked.
    """

    names: tuple[str, ...] = ()
    bases: tuple[Path, ...] = ()
    force: bool = False
    locked: bool = False
    unpinned: bool = False
    anew: bool = False
    key: Path | None = None
    commit: str = ""


def build_images(
    spec: Path,
    store: ImageStore,
    options: BuildOptions,
    say: Callable[[str], None],
    registries: Elsewhere | None = None,
) -> list[BuiltImage]:
    """Build the images of a spec, store them under `name:tag` and pin them in the spec's `images.lock.json`.

    `spec` may be a folder of base images instead: those are built, and nothing is pinned. A failed image does not
    affect the others, which are built and pinned first. `say` is called with one line per stage of work; `registries`
    provide missing bases. Raises NotFound if the spec has no such image, InputError for a key that cannot sign,
    ImageError if a build fails, ValidationFailed if `locked` and a digest differs.
    """
    if options.key is not None:
        sign(b"", options.key)  # a key that cannot sign is told before anything is built
    spec = spec.resolve()
    bases = family(spec, options.names) if is_family(spec) else {}
    recipes = [] if bases else _containerfiles(spec, options.names)
    store.create()
    with store.using(), in_turn(store.root / ".build.lock", say):
        clear(store, say)
        build = _Build(spec, store, options, say, registries)
        tasks = [partial(build.base, name) for name in bases.values()]
        built, failed = _build_all([*tasks, *(partial(build.image, recipe) for recipe in recipes)], store, say)
    if built and not bases and not options.unpinned:
        pin_built(spec, store, built, options.locked, say)
    for problem in failed[1:]:
        say(f"{problem.what}: {problem.why or problem.where}")
    if failed:
        raise failed[0]
    return built


def built_before(spec: Path, store: ImageStore, names: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the images of a spec that a build would reuse, with their digests; nothing is built.

    `names` as in `BuildOptions`.
    """
    build = _Build(spec.resolve(), store, BuildOptions(), lambda _: None, None)
    found = {recipe: build.known(recipe) for recipe in _containerfiles(spec, names)}
    return {_name(store.config(it).labels, recipe): it for recipe, it in found.items() if it is not None}


def _build_all(
    tasks: Sequence[Callable[[], BuiltImage]], store: ImageStore, say: Callable[[str], None]
) -> tuple[list[BuiltImage], list[RecastError]]:
    """Build and unpack, so that the first run starts at once; then clean up. Return the built images, and the errors of
    the others.

    In this order, because ext4 creates files several times slower for a minute after many were deleted.
    """
    built, failed = [], []
    try:
        for task in tasks:
            try:
                image = task()
                ensure_unpacked(store, image.digest)
                built.append(image)
            except RecastError as problem:
                failed.append(problem)
        return built, failed
    finally:
        clear(store, say)


def _containerfiles(spec: Path, names: Sequence[str]) -> list[Containerfile]:
    found = {path.parent.name: path for path in find_containerfiles(spec / "images")}
    named_recipes(spec)  # raises for two of one name
    missing = sorted(set(names) - set(found))
    if missing or not found:
        raise NotFound(
            f"No Containerfile for {', '.join(missing)}" if missing else "The spec has no images to build",
            where=str(spec / "images"),
            why=f"Images there: {', '.join(found) or 'none'}",
            next_step="Write images/NAME/Containerfile (or Dockerfile) in the spec's folder",
            code="image.not-found",
        )
    return [read_containerfile(path) for name, path in found.items() if not names or name in names]


class _Build:
    """One call of `build_images`, in which a base is built at most once."""

    def __init__(
        self,
        spec: Path,
        store: ImageStore,
        options: BuildOptions,
        say: Callable[[str], None],
        registries: Elsewhere | None,
    ) -> None:
        self._spec = spec
        self._store = store
        self._options = options
        self._say = say
        self._registries = registries
        self._records = BuildRecords(store)
        self._folders = [*([spec] if is_family(spec) else []), *recipe_folders(spec, options.bases)]
        self._stacks = containerfile_folders(spec, self._folders)
        self._bases: dict[str, str] = {}
        self._failed: dict[str, RecastError] = {}
        self._reused: set[str] = set()
        self._open: set[str] = set()
        self._images: dict[Path, BuiltImage] = {}
        self._recipes: dict[str, BaseRecipe] = {}

    def base(self, name: str) -> BuiltImage:
        """Make a base of the family by its `name:tag`."""
        start = time.monotonic()
        digest = self._base(name, self._folders[0])
        size, reused = self._store.manifest(digest).size, digest in self._reused
        if reused:
            self._say(f"{name}: {digest} (unchanged)")
        return BuiltImage(name, digest, size, reused, time.monotonic() - start)

    def image(self, recipe: Containerfile) -> BuiltImage:
        """Make an image; one that was a base of another one already is made."""
        if recipe.path not in self._images:
            self._images[recipe.path] = self._make(recipe)
        return self._images[recipe.path]

    def _make(self, recipe: Containerfile) -> BuiltImage:
        start = time.monotonic()
        bases = {name: self._base(name, recipe.path) for name in recipe.bases}
        key = _content_key(recipe, bases)
        digest = None if self._options.force else self._records.find(key)
        reused, begun = digest is not None, Begun(recipe.path)
        if digest is None:
            digest, begun = self._run(recipe, bases)
        name = _name(self._store.config(digest).labels, recipe)
        self._store.tag(name, digest)
        self._records.note(key, digest)
        self._describe(name, digest, key, bases, None if reused else begun)
        manifest = self._store.manifest(digest)
        seconds = time.monotonic() - start
        self._say(f"{name}: {digest} ({'unchanged' if reused else f'{manifest.size / 1e6:.0f} MB, {seconds:.0f} s'})")
        return BuiltImage(name, digest, manifest.size, reused, seconds)

    def known(self, recipe: Containerfile, above: tuple[Path, ...] = ()) -> str | None:
        """Return the digest of an image if neither it nor a base of it has to be built; `above` stand on it."""
        if recipe.path in above:  # building it reports the error
            return None
        bases = {name: self._known_base(name, (*above, recipe.path)) for name in recipe.bases}
        there = {name: digest for name, digest in bases.items() if digest is not None}
        return self._records.find(_content_key(recipe, there)) if len(there) == len(bases) else None

    def _known_base(self, name: str, above: tuple[Path, ...]) -> str | None:
        if (own := find_recipe(name, self._folders)) is not None:
            return self._records.find(base_key(own))
        if (path := find_base_containerfile(name, self._stacks)) is not None:
            return self.known(read_containerfile(path), above)
        try:
            return find_base(self._store, Asked(name, self._spec, load_lock(self._spec).bases), None, self._say).digest
        except RecastError:
            return None

    def _run(self, recipe: Containerfile, bases: Mapping[str, str]) -> tuple[str, Begun]:
        own = next((self._recipes[name] for name in bases if name in self._recipes), None)
        log = self._log(recipe.folder.name)
        lock = recipe.folder / LOCK_FILE
        python = (own and own.python) or (lock.is_file() and python_of(lock)) or _DEFAULT_PYTHON
        cache, begun = self._store.root / "wheels", Begun(recipe.path)
        wheels = fetch_wheels(lock, cache, python, log, self._say) if lock.is_file() else None
        timestamp = own.timestamp if own else _DEFAULT_TIMESTAMP
        digest = run_containerfile(
            self._store, recipe, bases, wheels=wheels, timestamp=timestamp, log=log, say=self._say
        )
        return digest, replace(begun, wheels=wheels)

    def _base(self, name: str, asker: Path) -> str:
        if name in self._failed:
            raise self._failed[name]
        if name not in self._bases:
            try:
                self._bases[name] = self._make_base(name, asker)
            except RecastError as problem:
                self._failed[name] = problem
                raise
        return self._bases[name]

    def _make_base(self, name: str, asker: Path) -> str:
        own = find_recipe(name, self._folders)
        if own is not None:
            return self._bootstrap(own)
        path = find_base_containerfile(name, self._stacks)
        return self._existing_base(name, asker) if path is None else self._stacked(name, path)

    def _bootstrap(self, recipe: BaseRecipe) -> str:
        self._recipes[recipe.reference] = recipe
        key, begun = base_key(recipe), None
        digest = None if self._options.force else self._records.find(key)
        if digest is None:
            begun = Begun(None)
            log = self._log(recipe.name.replace("/", "_"))
            digest = make_base(self._store, recipe, log, self._say)
            self._records.note(key, digest)
        else:
            self._reused.add(digest)
            self._store.tag(recipe.reference, digest)
        self._describe(recipe.reference, digest, key, {}, begun)
        return digest

    def _stacked(self, name: str, path: Path) -> str:
        """Build a base that stands on another one; its time and its Python are that one's."""
        if name in self._open:
            raise ImageError(f"The base {name} stands on itself", where=str(path), code="image.base")
        self._open.add(name)
        recipe = read_containerfile(path)
        made = self.image(recipe)
        below = [self._recipes[base] for base in recipe.bases if base in self._recipes]
        if below:
            self._recipes[name] = below[0]
        if made.reused:
            self._reused.add(made.digest)
        return made.digest

    def _describe(self, name: str, digest: str, key: str, bases: Mapping[str, str], begun: Begun | None) -> None:
        """Keep the image's SBOM beside it, and the provenance of a build that took place."""
        if begun is None:
            note_sbom(self._store, name, digest, key, bases)
            return
        options = self._options
        describe(
            self._store, name, digest, key, bases, begun, spec=self._spec, signer=options.key, commit=options.commit
        )

    def _existing_base(self, name: str, asker: Path) -> str:
        """Take a base from elsewhere, and pin it on the spot: what a tag means today is written down at once."""
        lock = load_lock(self._spec)
        options = self._options
        asked = Asked(name, asker, lock.bases, locked=options.locked, anew=options.anew)
        pin = find_base(self._store, asked, self._registries, self._say)
        known = lock.bases.get(name)
        floats = parse_reference(name).digest != pin.digest
        if floats and not options.unpinned and (known is None or known.digest != pin.digest):
            if is_family(self._spec):
                raise _floating(name, pin, asker)
            write_lock(self._spec, lock.with_base(name, pin))
            self._say(f"{name}: pinned to {pin.digest} in {self._spec / LOCK_NAME}")
        return pin.digest

    def _log(self, name: str) -> Path:
        path = self._store.root / "logs" / f"{name}.log"
        path.unlink(missing_ok=True)
        return path


def _content_key(recipe: Containerfile, bases: Mapping[str, str]) -> str:
    """Return a digest of everything that the image is made from: bases, and the contents of the context."""
    folder = recipe.folder
    own = [recipe.path, *(folder / name for name in (LOCK_FILE, ".containerignore", ".dockerignore"))]
    lines = [f"image {_VERSION}", *(f"{name} {digest}" for name, digest in sorted(bases.items()))]
    return hashlib.sha256("\n".join([*lines, context_digest(folder, own)]).encode()).hexdigest()


def _name(labels: Mapping[str, str], recipe: Containerfile) -> str:
    name = f"{labels.get(_TITLE, '')}:{labels.get(_TAG, '')}"
    text = recipe.path.read_text(encoding="utf-8")
    if _TITLE not in text or _TAG not in text:  # else they are the base's
        raise ImageError(
            "The image does not say its name",
            where=str(recipe.path),
            why="Its name and tag, as the workflow uses them, are two labels",
            next_step=f"LABEL {_TITLE}=recast/{recipe.folder.name} {_TAG}=1",
            code="image.containerfile",
        )
    return str(parse_reference(name))


def _floating(name: str, pin: Pin, asker: Path) -> ImageError:
    reference = parse_reference(name)
    return ImageError(
        f"The base {name} floats",
        where=str(asker),
        why="A folder of bases has no lock that could say what it means",
        next_step=f"FROM {reference.name}@{pin.digest}   (what it means now)",
        code="image.base",
    )
