"""A registry as versions want it: many small blobs, so many at once."""

from __future__ import annotations

import os

from recast.registry import Registry, Target, settings

__all__ = ["open_registry"]

_PARALLEL = "16"
"""Blobs at once unless RECAST_REGISTRY_PARALLEL says otherwise: a registry waits for its disk after each."""


def open_registry(where: str | Target) -> Registry:
    """Return the repository at `oci://HOST/REPOSITORY`; use it in a `with`."""
    return Registry(where, settings({"RECAST_REGISTRY_PARALLEL": _PARALLEL, **os.environ}))
