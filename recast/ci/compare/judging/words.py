"""Numbers in the words of a verdict."""

from __future__ import annotations

import math

__all__ = ["arrow", "percent", "shown"]


def shown(value: float | None) -> str:
    """Return a number with four digits: `0.03112`, `1,612`, `2.3e-07`."""
    if value is None:
        return "none"
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value):,}"
    if abs(value) >= 10_000:
        return f"{value:,.0f}" if abs(value) < 1e9 else f"{value:.4g}"
    return f"{value:.4g}"


def percent(part: float, whole: float) -> str:
    """Return a share as `-2.5 %`, empty if there is no whole."""
    if whole == 0.0 or not math.isfinite(part) or not math.isfinite(whole):
        return ""
    share = 100.0 * part / abs(whole)
    return f"{share:+,.0f} %" if abs(share) >= 10.0 else f"{share:+.2g} %"


def arrow(before: float | None, after: float | None) -> str:
    """Return `0.031 → 0.034`."""
    return f"{shown(before)} → {shown(after)}"
