"""Type names for JSON documents whose values are checked where they are read.

Documents whose structure is fully known are dataclasses; these types are for untrusted documents and for output.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

__all__ = ["JsonDict", "JsonObject", "JsonValue"]

JsonObject: TypeAlias = Mapping[str, Any]
"""A JSON object that is only read."""

JsonDict: TypeAlias = dict[str, Any]
"""A JSON object that is being built, or that its reader owns."""

JsonValue: TypeAlias = Any
"""Any JSON value."""
