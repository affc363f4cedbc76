"""Names for documents as JSON has them; the worker has its own, since it travels alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict

__all__ = ["JsonDict", "JsonObject"]

JsonObject = Mapping[str, Any]
JsonDict = Dict[str, Any]
