"""Names for documents as JSON has them, whose values are looked at where they are read.

What is known of a document in full is a dataclass; these are for what strangers wrote, and for what is printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

__all__ = ["JsonDict", "JsonObject", "JsonValue"]

JsonObject: TypeAlias = Mapping[str, Any]
"""An object that is only read."""

JsonDict: TypeAlias = dict[str, Any]
"""An object that is being made, or that its reader owns."""

JsonValue: TypeAlias = Any
"""Any JSON value."""
