"""The catalogue: entries that people write, and published versions that never change.

Names are imported on first use: a workflow that is not published needs little of this package.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recast.catalogue.local import Catalogue
    from recast.catalogue.version import Example, PublishedVersion, ValidationItem

__all__ = ["Catalogue", "Example", "PublishedVersion", "ValidationItem"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("recast.catalogue.local" if name == "Catalogue" else "recast.catalogue.version"), name)
