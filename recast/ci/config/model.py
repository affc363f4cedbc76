"""What a `recast-ci.yml` says, as frozen objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from recast.json_types import JsonObject

__all__ = ["CONFIG_NAME", "DEFAULT_ALPHA", "DEFAULT_TESTS", "CiConfig", "ToleranceRule", "ValidationRun"]

CONFIG_NAME = "recast-ci.yml"
DEFAULT_TESTS = ("tests/steps/*.yml", "tests/steps/*/*.yml")
"""Where step tests are looked for if nothing is said."""

DEFAULT_ALPHA = 0.01


@dataclass(frozen=True, slots=True)
class ValidationRun:
    """A run whose results are compared with the reference.

    Its inputs are those of the entry's `example`, if one is named, with `inputs` on top. `control` are inputs with
    which the reference is run a second time; None for no control.
    """

    name: str
    example: str | None = None
    inputs: JsonObject = field(default_factory=dict)
    control: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class ToleranceRule:
    """How far quantities whose pointers match a pattern may move: `absolute`, or `relative` to the reference."""

    quantity: str
    absolute: float | None = None
    relative: float | None = None


@dataclass(frozen=True, slots=True)
class CiConfig:
    """A `recast-ci.yml`: paths and globs are relative to its folder, and stay inside it.

    An empty `validation` means the entry's first example; `random` is None if the stages are to be found by their
    parameters (`seed*`). `sources` names further files whose content counts, by kind.
    """

    entry: str
    tests: tuple[str, ...] = DEFAULT_TESTS
    validation: tuple[ValidationRun, ...] = ()
    random: tuple[str, ...] | None = None
    tolerances: tuple[ToleranceRule, ...] = ()
    alpha: float = DEFAULT_ALPHA
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
