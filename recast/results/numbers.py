"""How the numbers of a limit are written for people: short, as bounds where they mean nothing more, bands by edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recast.json_types import JsonObject

__all__ = ["CONVENTIONS", "LEAST_CLS", "band", "cls_text", "convention_words", "least_cls", "short"]

LEAST_CLS = 1e-6
"""A CLs below this says no more than that it is below: tails of a likelihood are not known that far out."""

_ENOUGH_FOR_A_BOUND = 3.0
"""None of N pseudo-experiments means a share below 3/N at 95% CL (rule of three)."""
_SMALLEST_FIXED = 0.001

CONVENTIONS: Mapping[str, str] = {
    "fitted": "nuisances and auxiliary data at the fit to data",
    "nominal": "nuisances and auxiliary data at their nominal values",
}
"""What an expected value supposes of the background (scikit-hep/pyhf #1620): key in a result -> words."""


def convention_words(limit: JsonObject) -> str:
    """Return the convention of a limit's expected values in words, or that the analysis states none."""
    return CONVENTIONS.get(limit.get("expected_convention") or "", "convention not stated")


def least_cls(limit: JsonObject) -> float:
    """Return the value below which a limit's CLs is a bound: larger where it was found with few pseudo-experiments."""
    toys = limit.get("toys")
    return max(LEAST_CLS, _ENOUGH_FOR_A_BOUND / toys) if toys else LEAST_CLS


def cls_text(value: float, least: float = LEAST_CLS) -> str:
    """Return a CLs in short, such as `0.021`, `2.0e-05`, `< 1e-6`."""
    return f"< {_bound(least)}" if value < least else short(value)


def short(value: float) -> str:
    """Return a number with three digits after the point, or with two digits and a power where it is small or large."""
    if value == 0.0 or _SMALLEST_FIXED <= abs(value) < 1000:
        return f"{value:.3f}"
    return f"{value:.1e}" if abs(value) < _SMALLEST_FIXED else f"{value:.4g}"


def band(values: Sequence[float], least: float | None = None) -> str:
    """Return five expected values as `median [-1 sigma, +1 sigma]`: both edges as they are, the lower one first.

    `least` says that they are CLs, and below what they are bounds.
    """
    low, median, high = (short(value) if least is None else cls_text(value, least) for value in values[1:4])
    return f"{median} [{low}, {high}]"


def _bound(value: float) -> str:
    digits, _, power = f"{value:.1e}".partition("e")
    return f"{digits.removesuffix('.0')}e{int(power)}"
