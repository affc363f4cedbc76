"""Whose spec a run has: what somebody elsewhere wrote may not send us to registries of this network."""

from __future__ import annotations

from pathlib import Path

from recast.errors import RecastError
from recast.rundir import RunOrder

__all__ = ["is_strangers"]


def is_strangers(request: RunOrder, catalogue_store: Path) -> bool:
    """Return whether nobody vouches for a run's spec: neither its user, who wrote or published it, nor a signer.

    `catalogue_store` is the folder of the catalogue that is asked.
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
        return True  # it is not in the catalogue any more, or cannot be read
