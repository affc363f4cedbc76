"""The images that this installation still needs, besides those with a name in the image store."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from recast.errors import RecastError
from recast.paths import Places
from recast.rundir import RunDirectory, list_runs

if TYPE_CHECKING:
    from recast.catalogue.store import CatalogueStore

__all__ = ["needed_images", "unfinished_runs"]

_DIGEST = re.compile(rb"sha256:[0-9a-f]{64}")
_LARGEST_DOCUMENT = 4 << 20


def needed_images(places: Places, say: Callable[[str], None]) -> set[str] | None:
    """Return the digests that published versions, imported entries and unfinished runs pin; None if not all are known.

    Each item that cannot be read is reported to `say` in a line. A complete but malformed version needs every digest in
    it; a run that cannot be read counts as unfinished. Raises StoreError if the catalogue's index is damaged.
    """
    found: set[str] = set()
    known = True
    for digest in (
        *_of_versions(places.catalogue_store, say),
        *_of_entries(places.state_dir / "imported", say),
        *_of_runs(places.runs, say),
    ):
        known = known and digest is not None
        found.update(() if digest is None else (digest,))
    if not known:
        say("note: until that is fixed or removed, only temporary files are deleted")
    return found if known else None


def unfinished_runs(runs: Path, digest: str) -> list[str]:
    """Return the names of unfinished runs that contain a digest, and so may need that version or image."""
    return [it.path.name for it in list_runs(runs) if not _ended(it) and digest in set(_named_by(it))]


def _of_versions(root: Path, say: Callable[[str], None]) -> Iterator[str | None]:
    if not (root / "index.json").exists():
        return
    from recast.catalogue.load import load_version
    from recast.catalogue.store import CatalogueStore

    store = CatalogueStore(root)
    for (analysis, number), digest in store.index().items():
        try:
            yield from load_version(store, digest).pins.values()
        except RecastError as problem:
            forget = f"recast catalogue rm {analysis}@{number}"
            say(f"note: the version {analysis}@{number} cannot be read: {problem.why or problem}; {forget}")
            yield from _in_blobs(store, digest)


def _in_blobs(store: CatalogueStore, manifest: str) -> Iterator[str | None]:
    """Yield every digest in a manifest and in the small blobs that it refers to; None if one of them cannot be read."""
    try:
        named = set(_DIGEST.findall(store.read(manifest, _LARGEST_DOCUMENT)))
        for digest in sorted(named):
            if store.path(digest.decode()).stat().st_size <= _LARGEST_DOCUMENT:
                named |= set(_DIGEST.findall(store.read(digest.decode(), _LARGEST_DOCUMENT)))
        yield from (digest.decode() for digest in named)
    except (RecastError, OSError):
        yield None


def _of_entries(root: Path, say: Callable[[str], None]) -> Iterator[str | None]:
    if not root.is_dir():
        return
    from recast.images import load_lock
    from recast.recast_atlas.imported import ImportedEntries

    for name, entry in ImportedEntries(root).all():
        try:
            if isinstance(entry, RecastError):
                raise entry
            # A remote toplevel is fetched again when it is needed, and so are its images.
            if Path(entry.toplevel).is_dir():
                yield from (pin.digest for pin in load_lock(Path(entry.toplevel)).images.values())
        except RecastError as problem:
            say(f"note: the imported entry {name!r} cannot be read: {problem}; recast catalogue rm {name}")
            yield None


def _of_runs(runs: Path, say: Callable[[str], None]) -> Iterator[str | None]:
    for directory in list_runs(runs):
        if not _ended(directory):
            try:
                yield from _named_by(directory)
            except OSError as problem:
                say(f"note: run {directory.id} cannot be read, so the images that it needs are not known: {problem}")
                yield None


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
    """Yield every digest in the request and the files of the spec: at least those of all images."""
    for path in [directory.path / "request.json", *directory.spec.rglob("*")]:
        if path.suffix in (".json", ".yml", ".yaml") and path.is_file():
            yield from (match.decode() for match in _DIGEST.findall(path.read_bytes()))
