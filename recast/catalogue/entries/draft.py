"""A draft: the version that publishing an entry as it is now would create, without publishing it.

Its blobs are stored with those of published versions, but no name refers to them. So the same version number can be
tried any number of times, the digest is the one that publishing will give, and its runs record what they were made
from.
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
    """Return a version of an entry (the newest by default) as the entry is now; raise what publishing would raise."""
    entry = load_entry(path)
    return stage(read_bundle(entry, entry.entry.version(number), unbuilt=True), store)
