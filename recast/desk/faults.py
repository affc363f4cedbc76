"""What is wrong with a document, and where in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from recast.errors import InputError
from recast.json_types import JsonDict

__all__ = ["Fault", "invalid", "pointer", "told"]

_MOST_TOLD = 50


class Fault(NamedTuple):
    """One fault: `where` is a JSON pointer into the document, empty for all of it; `what` is a sentence that names the
    place as well.
    """

    where: str
    what: str


def pointer(*parts: object) -> str:
    """Return the JSON pointer of a place (RFC 6901), with the names in it cut if they are long."""
    return "".join(f"/{f'{part!s:.100}'.replace('~', '~0').replace('/', '~1')}" for part in parts)


def invalid(faults: Sequence[Fault]) -> InputError:
    """Return the error for a document with faults: the first of them, each in a line and each with its place."""
    more = [f"and {len(faults) - _MOST_TOLD} more"] * (len(faults) > _MOST_TOLD)
    error = InputError(
        f"The request has {len(faults)} fault{'s' * (len(faults) > 1)}",
        why="\n".join([*(fault.what for fault in faults[:_MOST_TOLD]), *more]),
        next_step="recast help request.invalid",
        code="request.invalid",
    )
    error.faults = told(faults)
    return error


def told(faults: Sequence[Fault]) -> tuple[JsonDict, ...]:
    """Return the first faults as documents have them."""
    return tuple({"where": fault.where, "what": fault.what} for fault in faults[:_MOST_TOLD])
