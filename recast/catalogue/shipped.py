"""The searches shipped with this program, as versions: read-only, and created once for each state of their files.

They are not in a catalogue until they are prepared to run (`recast.catalogue.ready`): files in a checkout change, and a
published version never does.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from recast._version import __version__
from recast.catalogue.store import CatalogueStore
from recast.errors import EntryError, RecastError, StoreError
from recast.paths import Places

__all__ = ["Shipped", "shipped"]

_PROBLEMS = "problems.json"
_STATE = re.compile(r"[0-9a-f]{32}")
_KEPT = 4
"""How many states are kept: other processes may be reading an older one."""


class Shipped:
    """The shipped versions: a store, and the errors of entries that could not be read."""

    def __init__(self, root: Path) -> None:
        self.store = CatalogueStore(root)

    def problems(self) -> Mapping[str, EntryError]:
        """Return the error for each invalid entry, by the name of its file."""
        try:
            found = json.loads((self.store.root / _PROBLEMS).read_bytes())
        except FileNotFoundError:
            return {}
        return {
            name: EntryError(it["what"], where=it["where"], why=it["why"], next_step=it["next"], code=it["code"])
            for name, it in found.items()
        }


def shipped(places: Places) -> Shipped | None:
    """Return the versions shipped with this program, None if there are none; raise StoreError if they cannot be
    written.
    """
    if places.shipped is None or not places.shipped.is_dir():
        return None
    entries = sorted(places.shipped.glob("*.yml"))
    target = places.cache_dir / "shipped" / _state(entries)
    if entries and not target.is_dir():
        try:
            _make(entries, target)
        except OSError as problem:
            step = "Free space or fix the permissions, or choose another folder: export XDG_CACHE_HOME=DIR"
            raise StoreError.of(
                problem, "The searches shipped with this program cannot be unpacked", target, step
            ) from problem
    return Shipped(target) if entries else None


def _state(entries: list[Path]) -> str:
    """Return a name for the state of all files, from their sizes and times, since every command needs it."""
    hasher = hashlib.sha256(f"{__version__}\n".encode())
    for path in _files(entries):
        status = path.stat()
        hasher.update(f"{path}\n{status.st_size} {status.st_mtime_ns}\n".encode())
    return hasher.hexdigest()[:32]


def _files(entries: list[Path]) -> Iterator[Path]:
    yield from entries
    if not entries:
        return
    for name in (*(entry.stem for entry in entries), "base-images"):  # a checkout has the base images next to them
        for folder, _, names in os.walk(entries[0].parent.parent / "specs" / name):
            yield from (Path(folder, name) for name in names)


def _make(entries: list[Path], target: Path) -> None:
    from recast.atomic import become_folder, new_folder

    target.parent.mkdir(parents=True, exist_ok=True)
    with new_folder(target.parent, "shipped") as scratch:
        problems = {}
        for entry in entries:
            try:
                _add(entry, CatalogueStore(scratch / "fresh"))
            except RecastError as problem:
                problems[entry.stem] = problem.as_json()
        (scratch / "fresh").mkdir(exist_ok=True)
        if problems:
            (scratch / "fresh" / _PROBLEMS).write_text(json.dumps(problems), encoding="utf-8")
        try:
            become_folder(scratch / "fresh", target)
        except OSError:
            if not target.is_dir():  # otherwise another process was faster
                raise
    _clear(target.parent)


def _add(path: Path, store: CatalogueStore) -> None:
    from recast.catalogue.entries.entry import load_entry
    from recast.catalogue.publishing.bundle import read_bundle
    from recast.catalogue.publishing.publish import stage

    entry = load_entry(path)
    for item in entry.entry.versions:
        version = stage(read_bundle(entry, item, unbuilt=True), store)
        store.tag(version.analysis, version.version, version.digest)


def _clear(folder: Path) -> None:
    """Remove all but the newest states."""
    from recast.layers.tree import remove_tree

    states = sorted(
        (path for path in folder.iterdir() if _STATE.fullmatch(path.name)), key=lambda path: path.stat().st_mtime
    )
    for path in states[:-_KEPT]:
        remove_tree(path)
