"""Which images this installation still needs, besides those that have a name in the image store."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from recast.errors import RecastError
from recast.places import Places
from recast.rundir import RunDirectory, list_runs

__all__ = ["needed_images"]

_DIGEST = re.compile(rb"sha256:[0-9a-f]{64}")


def needed_images(places: Places, say: Callable[[str], None]) -> set[str]:
    """Return the digests that published versions, imported entries and unfinished runs pin.

    Raises StoreError if the catalogue is damaged. A run that cannot be read counts as unfinished, an imported entry
    that cannot be read is named to `say`.
    """
    return {
        *_of_versions(places.catalogue_store),
        *_of_entries(places.state_dir / "imported", say),
        *_of_runs(places.runs, say),
    }


def _of_versions(root: Path) -> Iterator[str]:
    if not (root / "index.json").exists():
        return
    from recast.catalogue.layout import CatalogueStore
    from recast.catalogue.version import load_version

    store = CatalogueStore(root)
    for digest in store.index().values():
        yield from load_version(store, digest).pins.values()


def _of_entries(root: Path, say: Callable[[str], None]) -> Iterator[str]:
    if not root.is_dir():
        return
    from recast.catalogue.imported import ImportedEntries
    from recast.images import load_lock

    for name, entry in ImportedEntries(root).all():
        try:
            if isinstance(entry, RecastError):
                raise entry
            # A toplevel elsewhere is fetched again when it is needed, and its images with it.
            if Path(entry.toplevel).is_dir():
                yield from (pin.digest for pin in load_lock(Path(entry.toplevel)).images.values())
        except RecastError as problem:
            say(f"note: the imported entry {name!r} cannot be read: {problem}")


def _of_runs(runs: Path, say: Callable[[str], None]) -> Iterator[str]:
    for directory in list_runs(runs):
        if not _ended(directory):
            try:
                yield from _named_by(directory)
            except OSError as problem:
                say(f"note: run {directory.id} cannot be read, nor the images that it needs: {problem}")


def _ended(directory: RunDirectory) -> bool:
    from recast.journal import Journal

    try:
        journal = Journal(directory.journal, read_only=True)
    except RecastError:
        return False
    try:
        last = journal.last()
        return last is not None and last.kind == "RunEnded"
    except RecastError:
        return False
    finally:
        journal.close()


def _named_by(directory: RunDirectory) -> Iterator[str]:
    """Yield every digest that the request and the files of the spec name: more than the images, never less."""
    for path in [directory.path / "request.json", *directory.spec.rglob("*")]:
        if path.suffix in (".json", ".yml", ".yaml") and path.is_file():
            yield from (match.decode() for match in _DIGEST.findall(path.read_bytes()))
