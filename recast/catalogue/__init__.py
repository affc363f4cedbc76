"""The catalogue: entries that people write, and published versions that never change."""

from recast.catalogue.local import Catalogue
from recast.catalogue.version import Example, PublishedVersion, ValidationItem

__all__ = ["Catalogue", "Example", "PublishedVersion", "ValidationItem"]
