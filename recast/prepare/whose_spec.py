"""Whose spec a run uses: an untrusted one must not make RECAST contact registries of the local network."""

from __future__ import annotations

from pathlib import Path

from recast.errors import RecastError
from recast.rundir import RunOrder

__all__ = ["is_strangers"]


def is_strangers(request: RunOrder, catalogue_store: Path) -> bool:
    """Return whether nobody vouches for a run's spec: neither the user, by writing or publishing it, nor a signer.

    `catalogue_store` is the folder of the catalogue to search.
    """
    if not request.is_from_elsewhere or "draft" in (request.origin or {}):
        return False
    if request.version is None or request.digest is None:
        return True
    from recast.catalogue import Catalogue

    catalogue = Catalogue(catalogue_store)
    try:
        version = catalogue.get(f"{request.analysis}@{request.version}")
        return version.digest != request.digest or not catalogue.standing(version).vouched
    except RecastError:
        return True  # it is no longer in the catalogue, or cannot be read
