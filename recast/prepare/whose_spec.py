"""Whose spec a run has: what somebody elsewhere wrote may not send us to registries of this network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recast.errors import RecastError
from recast.rundir import RunOrder

if TYPE_CHECKING:
    from recast.catalogue import Catalogue

__all__ = ["is_strangers"]


def is_strangers(request: RunOrder, catalogue: Catalogue) -> bool:
    """Return whether nobody vouches for a run's spec: neither its user, who wrote or published it, nor a signer."""
    if not request.is_from_elsewhere or "draft" in (request.origin or {}):
        return False
    if request.version is None or request.digest is None:
        return True
    try:
        version = catalogue.get(f"{request.analysis}@{request.version}")
        return version.digest != request.digest or not catalogue.standing(version).vouched
    except RecastError:
        return True  # it is not in the catalogue any more, or cannot be read
