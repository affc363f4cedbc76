"""Connections to registries for versions, which are many small blobs, so that many are transferred at once."""

from __future__ import annotations

import os

from recast.registry import Registry, Target, settings

__all__ = ["open_registry"]

_PARALLEL = "16"
"""Concurrent blobs unless RECAST_REGISTRY_PARALLEL is set: a registry syncs after each."""


def open_registry(where: str | Target) -> Registry:
    """Return the repository at `oci://HOST/REPOSITORY`; use it in a `with`."""
    return Registry(where, settings({"RECAST_REGISTRY_PARALLEL": _PARALLEL, **os.environ}))
