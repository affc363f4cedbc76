"""Find and remove what is no longer needed in an image store.

Roots are the names in the store, the digests that the caller needs, and what a running process uses. A manifest is
removed before what it refers to, so that an interrupted removal never leaves an incomplete image that looks complete.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from recast.digests import from_hex
from recast.images.building.workfolders import remove_workfolder, workfolders
from recast.images.disk import locked, sync_folder, writing
from recast.images.layout import ImageStore
from recast.images.lease import alone, is_free
from recast.images.leftovers import Garbage, leftovers, made_of
from recast.images.reachable import documents_first, reachable
from recast.images.reference import subject_of
from recast.images.tools import in_turn
from recast.layers.tree import remove_tree

__all__ = ["Garbage", "collect", "find_garbage"]


def find_garbage(store: ImageStore, needed: Iterable[str] | None = ()) -> list[Garbage]:
    """Return what is not needed, in the order of removal; changes nothing.

    `needed` are digests of manifests or indexes to keep, whether or not they are in the store; None says that they are
    not all known, so that only temporary files are garbage. The SBOM of an image is removed with it. Raises
    ImageCorrupt if a needed manifest is damaged, since what it needs is then unknown.
    """
    if needed is None:
        return [*_temporaries(store), *(item for item in leftovers(store, set()) if item.kind != "record")]
    names = store.names()
    notes = {name: subject for name in names if (subject := subject_of(name)) is not None}
    unnamed = {root.digest for root in store.roots()} - set(names.values())
    images = {digest for name, digest in names.items() if name not in notes}
    kept = reachable(store, images | unnamed | set(needed) | _running(store))
    dead = sorted(name for name, subject in notes.items() if subject not in kept)
    kept |= reachable(store, {names[name] for name in notes if name not in dead})
    return [
        *(Garbage("name", name, store.root / "index.json", 0) for name in dead),
        *made_of(store, kept),
        *_blobs(store, kept),
        *_temporaries(store),
        *leftovers(store, kept),
    ]


def collect(store: ImageStore, needed: Callable[[], Iterable[str] | None], say: Callable[[str], None]) -> list[Garbage]:
    """Remove what is not needed; return what was removed.

    `needed` is called once no other process writes to the store. Waits for builds, pulls and starts of runs.
    """
    if not (store.root / "index.json").is_file():
        return []
    # The processes of a killed build hold the second lock until the last of them has ended.
    with alone(store.root, say), in_turn(store.root / ".build.lock", say):
        garbage = find_garbage(store, needed())
        if names := [item.name for item in garbage if item.kind == "name"]:
            store.untag(names)
        with locked(store.root / ".lock"):
            left = workfolders(store)
            return [item for item in garbage if item.kind == "name" or _remove(item, left)]


def _remove(item: Garbage, left: Collection[Path]) -> bool:
    """Remove one item, unless its lock is held; `left` are the work folders of builds."""
    with writing(item.path), is_free(item.lock) as free:
        if free:
            if item.path in left:
                remove_workfolder(item.path, item.path.parent / "logs" / "clear.log")
            elif item.path.is_dir():
                _remove_whole(item)
            else:
                item.path.unlink(missing_ok=True)
            if item.lock is not None:
                item.lock.unlink(missing_ok=True)
    return free


def _remove_whole(item: Garbage) -> None:
    """Rename a folder before removing it, so that it never exists incomplete under its name."""
    gone = item.path.with_name(f"{item.path.name}.gone")
    if not item.path.suffix:
        remove_tree(gone)
        item.path.rename(gone)
        sync_folder(gone.parent)
    remove_tree(gone if not item.path.suffix else item.path)


def _running(store: ImageStore) -> set[str]:
    """Return the digests whose root folder or SIF file a running process uses."""
    found = set()
    for path in [*store.root.glob("unpacked/*.lock"), *store.root.glob("sif/*.lock")]:
        with is_free(path) as free:
            if not free:
                found.add(from_hex(path.stem))
    return found


def _blobs(store: ImageStore, kept: set[str]) -> Iterator[Garbage]:
    dead = [from_hex(name) for name in _listed(store) if len(name) == 64 and from_hex(name) not in kept]
    for digest in documents_first(store, dead):
        path = store.blob_path(digest)
        yield Garbage("blob", digest, path, path.lstat().st_size)


def _temporaries(store: ImageStore) -> Iterator[Garbage]:
    for name in _listed(store):
        if name.startswith("."):
            path = store.root / "blobs" / "sha256" / name
            yield Garbage("temporary", f"blobs/sha256/{name}", path, path.lstat().st_size)


def _listed(store: ImageStore) -> list[str]:
    folder = store.root / "blobs" / "sha256"
    return sorted(os.listdir(folder)) if folder.is_dir() else []  # noqa: PTH208
