"""An entry as it is written now: the version that publishing it would make, without being published.

Its blobs go where those of published versions are, and no name means them. So the same number can be tried as often as
one likes, the digest is the one that publishing will give, and runs of it tell what they were made of.
"""

from __future__ import annotations

from pathlib import Path

from recast.catalogue.entries.entry import load_entry
from recast.catalogue.publishing.bundle import read_bundle
from recast.catalogue.publishing.publish import stage
from recast.catalogue.store import CatalogueStore
from recast.catalogue.version import PublishedVersion

__all__ = ["draft"]


def draft(path: Path, store: CatalogueStore, number: str | None = None) -> PublishedVersion:
    """Return a version of an entry (the newest by default) as it is written now; raise what publishing would raise."""
    entry = load_entry(path)
    return stage(read_bundle(entry, entry.entry.version(number), unbuilt=True), store)
