"""OCI registries: resolve tags, and transfer images by digest, completely or not at all."""

from recast.registry.copying import Copied
from recast.registry.documents import Document
from recast.registry.name import Target, parse_target
from recast.registry.registry import Registry, Resolved
from recast.registry.settings import Settings, settings

__all__ = ["Copied", "Document", "Registry", "Resolved", "Settings", "Target", "parse_target", "settings"]
