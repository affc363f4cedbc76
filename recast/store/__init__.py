"""Content-addressed files, and the cache of steps that left them."""

from recast.store.artifacts import ArtifactStore
from recast.store.cache import CachedStep, StepCache

__all__ = ["ArtifactStore", "CachedStep", "StepCache"]
