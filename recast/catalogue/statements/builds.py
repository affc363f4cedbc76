"""The images built from a version's recipes: recorded in statements about the version, because each site builds its
own.
"""

from __future__ import annotations

from collections.abc import Mapping

from recast.catalogue.statements.statements import Entry, Statements
from recast.catalogue.statements.status import is_vouched
from recast.catalogue.version import PublishedVersion
from recast.signing import Signers

__all__ = ["built_images"]


def built_images(version: PublishedVersion) -> dict[str, str]:
    """Return the known digests of a version's images that are built from recipes.

    This catalogue's own statements take precedence, then those of accepted signers, the newest first. Statements that
    nobody vouches for are used only if nobody vouches for the version at all: otherwise anybody could substitute an
    image under trusted bytes. Raises StoreError if the statements are damaged.
    """
    entries = Statements(version.store, version).entries()
    images = _chosen(entries, Signers(version.store.root / "allowed_signers"))
    return {name: digest for name, digest in images.items() if name in version.recipes}


def _chosen(entries: list[Entry], signers: Signers) -> Mapping[str, str]:
    here = [entry for entry in entries if entry.here]
    if said := [entry.statement.images for entry in here if entry.statement.images]:
        return said[-1]
    signed = [entry for entry in entries if is_vouched(entry, signers)]
    if said := [entry.statement.images for entry in signed if entry.statement.images]:
        return said[-1]
    said = [] if signed else [entry.statement.images for entry in entries if entry.statement.images]
    return said[0] if said else {}
