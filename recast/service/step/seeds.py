"""The seeds of a step: parameters that are called so. Pure."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["seed_of"]


def seed_of(parameters: object) -> dict[str, object]:
    """Return the parameters that are seeds by their names."""
    if not isinstance(parameters, Mapping):
        return {}
    return {str(name): value for name, value in parameters.items() if "seed" in str(name).lower()}
