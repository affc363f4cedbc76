"""`recast image stale`: which images that others make have moved on, what differs, and what would run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from recast.ci.bases.affected import Rerun, bases_of, rerun, results_of
from recast.ci.bases.debian import newer
from recast.ci.bases.packages import Differences, between, packages_here, packages_there
from recast.ci.bases.subjects import Spec
from recast.errors import NotFound, RecastError
from recast.images.building.recipe import find_base_containerfile, find_recipe, recipe_folders
from recast.images.layout import ImageStore
from recast.images.lock import Pin, load_lock
from recast.images.reference import Reference, parse_reference
from recast.json_types import JsonDict
from recast.registry.bases import Registries
from recast.registry.name import parse_target
from recast.registry.pins import images_of

__all__ = ["Stale", "State", "stale_images"]

State = Literal["current", "newer", "gone", "unpinned", "fixed", "recipe", "unknown"]


@dataclass(frozen=True, slots=True)
class Stale:
    """One image that a spec takes from elsewhere, and what became of it.

    `current`: the tag means what is pinned; `newer`: it means another image now; `gone`: the tag is no longer there;
    `unpinned`: nothing is pinned; `fixed`: named by a digest alone, so nothing can be newer; `recipe`: a base that a
    recipe makes here, for which `packages` are what Debian has newer; `unknown`: its registry could not be asked
    (`problem`). `is_base` tells bases of FROM lines from
    images of steps. `images` are those that would be built again, `rerun` and `results` what would be computed again.
    `packages` is None if one of the two lists is not known.
    """

    spec: str
    name: str
    state: State
    is_base: bool
    pinned: str | None = None
    since: str | None = None
    now: str | None = None
    images: tuple[str, ...] = ()
    packages: Differences | None = None
    rerun: Rerun = field(default_factory=Rerun)
    results: tuple[str, ...] = ()
    problem: RecastError | None = None

    def as_json(self) -> JsonDict:
        """Return the finding as a JSON object."""
        return {
            "spec": self.spec,
            "name": self.name,
            "state": self.state,
            "kind": "base" if self.is_base else "image",
            "pinned": self.pinned,
            "since": self.since,
            "now": self.now,
            "images": list(self.images),
            "packages": self.packages.as_json() if self.packages is not None else None,
            "stages": list(self.rerun.stages),
            "after": list(self.rerun.after),
            "results": list(self.results),
            "problem": self.problem.as_json() if self.problem is not None else None,
        }


def stale_images(
    spec: Spec,
    store: ImageStore,
    registries: Registries,
    *,
    pull: bool = False,
    told: Callable[[Stale], None] = lambda _: None,
) -> list[Stale]:
    """Return the images from elsewhere of a spec, each compared with what its name means now; nothing is pinned.

    Lists of packages come from SBOMs beside the images; with `pull`, a newer image without one is fetched into the
    store. `told` hears each finding at once. A registry that cannot be asked is a finding, not an error; a malformed
    lock or recipe is an ImageError.
    """
    found = []
    for item in _asked(spec):
        answer = _with_effects(_compared(item, registries), spec, item)
        if answer.state == "newer" and answer.pinned is not None and answer.now is not None:
            answer = _with_packages(answer, store, registries if pull else None)
        elif answer.state == "recipe":
            answer = _with_debian(answer, spec, store)
        found.append(answer)
        told(answer)
    return found


@dataclass(frozen=True, slots=True)
class _Asked:
    """A name to ask for: its pin, whether it is a base, which images stand on it, whether a recipe here makes it."""

    spec: str
    name: str
    pin: Pin | None
    is_base: bool
    images: tuple[str, ...]
    is_made_here: bool = False


def _asked(spec: Spec) -> Iterator[_Asked]:
    lock = load_lock(spec.folder)
    own = bases_of(spec.folder)
    named = images_of(spec.workflow) if spec.workflow is not None else sorted(lock.images)
    for name in named:
        pin = lock.images.get(name)
        if name not in own and not (pin is not None and pin.source == "build"):
            yield _Asked(spec.name, name, pin, False, (name,))
    folders = recipe_folders(spec.folder)
    bases = sorted({base for below in own.values() for base in below})
    for base in bases:
        images = tuple(sorted(name for name, below in own.items() if base in below))
        if base not in own:
            made = find_recipe(base, folders) is not None or find_base_containerfile(base, folders) is not None
            yield _Asked(spec.name, base, lock.bases.get(base), True, images, made)


def _compared(item: _Asked, registries: Registries) -> Stale:
    reference = parse_reference(item.name)
    pinned = item.pin.digest if item.pin is not None else reference.digest
    since = item.pin.resolved if item.pin is not None else None

    def told(state: State, now: str | None = None, problem: RecastError | None = None) -> Stale:
        return Stale(item.spec, item.name, state, item.is_base, pinned, since, now, item.images, problem=problem)

    if item.is_made_here or (item.is_base and reference.name.startswith("recast/")):
        return told("recipe")  # whoever has this name at docker.io must have no say, as in builds
    if reference.digest is not None and reference.tag is None:
        return told("fixed")
    try:
        means = registries.means(str(Reference(reference.name, reference.tag or "latest")))
    except NotFound as problem:
        return told("gone", problem=problem)
    except RecastError as problem:
        return told("unknown", problem=problem)
    if pinned is None:
        return told("unpinned", means.digest)
    same = pinned in (means.digest, means.index)
    return told("current" if same else "newer", means.digest)


def _with_effects(found: Stale, spec: Spec, item: _Asked) -> Stale:
    if spec.workflow is None:
        return found
    again = rerun(spec.workflow, item.images)
    return replace(found, rerun=again, results=results_of(spec.results, again))


def _with_packages(found: Stale, store: ImageStore, registries: Registries | None) -> Stale:
    assert found.pinned is not None and found.now is not None
    target = parse_target(found.name)
    before = packages_here(store, found.pinned) or packages_there(target, found.pinned)
    after = packages_here(store, found.now) or packages_there(target, found.now)
    if after is None and registries is not None:
        name = f"{parse_reference(found.name).name}@{found.now}"
        try:
            registries.bring(name, found.now, store)
        except RecastError as problem:
            return replace(found, problem=problem)
        after = packages_here(store, found.now)
    if before is None or after is None:
        return found
    return replace(found, packages=between(before, after))


def _with_debian(found: Stale, spec: Spec, store: ImageStore) -> Stale:
    """Return a base of a recipe with what Debian has newer of its packages, if it was built here."""
    recipe, digest = find_recipe(found.name, recipe_folders(spec.folder)), store.names().get(found.name)
    installed = packages_here(store, digest) if recipe is not None and digest is not None else None
    if recipe is None or installed is None:
        return found
    return replace(found, pinned=digest, packages=between(installed, {**installed, **newer(installed, recipe.suite)}))
