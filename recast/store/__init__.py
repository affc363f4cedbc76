"""Content-addressed files, and the cache of the steps that produced them."""

from recast.store.artifacts import ArtifactStore
from recast.store.cache import CachedStep, StepCache

__all__ = ["ArtifactStore", "CachedStep", "StepCache"]
