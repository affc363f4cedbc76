"""Forges (GitLab, GitHub, Gitea, Forgejo): what their deliveries say, and statuses and comments sent back to them."""

from recast.ci.forges.deliveries import MOST_BYTES, read_delivery
from recast.ci.forges.events import DIALECTS, REASONS, Delivery, Dialect, Event, Hook, Refusal

__all__ = ["DIALECTS", "MOST_BYTES", "REASONS", "Delivery", "Dialect", "Event", "Hook", "Refusal", "read_delivery"]
