"""The interface for evaluating jq programs. This package is pure, so the caller of an expansion provides it."""

from __future__ import annotations

from typing import Protocol

from recast.errors import SpecError
from recast.json_types import JsonValue

__all__ = ["Jq", "first", "no_jq"]


class Jq(Protocol):
    """Evaluates a jq program on a JSON value and returns all its outputs; raises SpecError if it fails."""

    def __call__(self, program: str, value: JsonValue, *, as_text: bool = False) -> list[JsonValue]:
        """Return the outputs; with `as_text` a single text with the outputs as JSON, one per line."""


def no_jq(program: str, value: JsonValue, *, as_text: bool = False) -> list[JsonValue]:
    """Refuse every program: for workflows that are known to contain none."""
    raise SpecError(f"Nothing evaluates the jq program {program!r} here", code="spec.jq")


def first(jq: Jq, program: str, value: JsonValue, where: str) -> JsonValue:
    """Return the first output of a program; raise SpecError, with the place, if it fails or has none."""
    try:
        outputs = jq(program, value)
    except SpecError as problem:
        raise SpecError(
            problem.what, code=problem.code, where=where, why=problem.why, next_step=problem.next_step
        ) from None
    if not outputs:
        raise SpecError(
            f"The jq program {program!r:.80} has no output",
            code="spec.jq",
            where=where,
            next_step="make it return one value, for example false or [] instead of empty",
        )
    return outputs[0]
