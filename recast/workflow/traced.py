"""Values that know which step they come from, so that the edges of the DAG follow from the references."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recast.workflow.graph import Step

__all__ = ["Traced", "has_leaf", "plain"]


@dataclass(frozen=True, slots=True)
class Traced:
    """A value taken from the result of one step."""

    value: Any
    origin: Step


def has_leaf(value: Any) -> bool:
    """Say whether a value holds a scalar other than null and false.

    yadage makes references of jq's `paths(scalars)`, which passes over null and false; a value without any such
    leaf therefore makes no edge.
    """
    if isinstance(value, dict):
        return any(has_leaf(item) for item in value.values())
    if isinstance(value, list):
        return any(has_leaf(item) for item in value)
    return value is not None and value is not False


def plain(value: Any, origins: dict[Step, None]) -> Any:
    """Return the value without its traces; add the steps it refers to, in order, to `origins`."""
    if isinstance(value, Traced):
        if value.origin not in origins and has_leaf(value.value):
            origins[value.origin] = None
        return value.value
    if isinstance(value, list):
        return [plain(item, origins) for item in value]
    if isinstance(value, dict):
        return {key: plain(item, origins) for key, item in value.items()}
    return value
