"""Images that others make, and what became of them since: which moved, what differs in them, what would run again."""

from recast.ci.bases.stale import Stale, stale_images

__all__ = ["Stale", "stale_images"]
