"""Whether a point is excluded, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["ALPHA", "is_excluded", "verdict"]

ALPHA = 0.05
"""A point is excluded at 95% CL if CLs at mu = 1 is below this (arXiv:hep-ex/9902006)."""

_SMALLEST_FIXED = 0.001


def is_excluded(limit: Mapping[str, Any]) -> bool | None:
    """Return whether a limit excludes mu = 1, by CLs observed, else by the upper limit on mu; None without both."""
    if limit.get("cls_obs") is not None:
        return bool(limit["cls_obs"] < ALPHA)
    if limit.get("mu_ul_obs") is not None:
        return bool(limit["mu_ul_obs"] < 1.0)
    return None


def verdict(limit: Mapping[str, Any]) -> str:
    """Return such as "Excluded at 95% CL (CLs obs 0.021, expected 0.065 [+0.236 -0.014])".

    The bracket holds the expected values at +1 and at -1 sigma (of the background-only distribution), in this order:
    they are the edges of the band, not distances from the median.
    """
    words = "Excluded" if is_excluded(limit) else "Not excluded"
    if limit.get("cls_obs") is not None:
        numbers = _numbers("CLs", limit["cls_obs"], limit.get("cls_exp"))
    else:
        numbers = _numbers("upper limit on mu", limit["mu_ul_obs"], limit.get("mu_ul_exp"))
    return f"{words} at 95% CL ({numbers})"


def _numbers(name: str, observed: float, expected: Sequence[float] | None) -> str:
    text = f"{name} obs {_short(observed)}"
    if expected is None:
        return text
    _, low, median, high, _ = expected
    return f"{text}, expected {_short(median)} [+{_short(high)} -{_short(low)}]"


def _short(value: float) -> str:
    return f"{value:.3f}" if value == 0.0 or value >= _SMALLEST_FIXED else f"{value:.1e}"
