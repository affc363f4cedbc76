"""Format the numbers of a limit for people: short, as bounds where they are not meaningful, bands by their edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recast.json_types import JsonObject

__all__ = ["CONVENTIONS", "LEAST_CLS", "band", "cls_text", "convention_words", "least_cls", "short"]

LEAST_CLS = 1e-6
"""A CLs below this is only shown as a bound: the tails of a likelihood are not known that far out."""

_ENOUGH_FOR_A_BOUND = 3.0
"""0 of N pseudo-experiments means a fraction below 3/N at 95% CL (rule of three)."""
_SMALLEST_FIXED = 0.001

CONVENTIONS: Mapping[str, str] = {
    "fitted": "nuisances and auxiliary data at the fit to data",
    "nominal": "nuisances and auxiliary data at their nominal values",
}
"""What an expected value assumes about the background (scikit-hep/pyhf #1620): key in a result -> text."""


def convention_words(limit: JsonObject) -> str:
    """Return text for the convention of a limit's expected values, or that the analysis states none."""
    return CONVENTIONS.get(limit.get("expected_convention") or "", "convention not stated")


def least_cls(limit: JsonObject) -> float:
    """Return the value below which a limit's CLs is shown as a bound: larger with few pseudo-experiments."""
    toys = limit.get("toys")
    return max(LEAST_CLS, _ENOUGH_FOR_A_BOUND / toys) if toys else LEAST_CLS


def cls_text(value: float, least: float = LEAST_CLS) -> str:
    """Return a short form of a CLs, such as `0.021`, `2.0e-05`, `< 1e-6`."""
    return f"< {_bound(least)}" if value < least else short(value)


def short(value: float) -> str:
    """Return a number with three decimals, or with two digits and an exponent if it is small or large."""
    if value == 0.0 or _SMALLEST_FIXED <= abs(value) < 1000:
        return f"{value + 0.0:.3f}"  # of -0.0 too, which is no other number
    return f"{value:.1e}" if abs(value) < _SMALLEST_FIXED else f"{value:.4g}"


def band(values: Sequence[float], least: float | None = None) -> str:
    """Return five expected values as `median [-1 sigma, +1 sigma]`: the values at the edges, the lower one first.

    `least` says that they are CLs, and below which value they are bounds.
    """
    low, median, high = (short(value) if least is None else cls_text(value, least) for value in values[1:4])
    return f"{median} [{low}, {high}]"


def _bound(value: float) -> str:
    digits, _, power = f"{value:.1e}".partition("e")
    return f"{digits.removesuffix('.0')}e{int(power)}"
