"""Suggestions for a name that is not known."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["closest", "did_you_mean", "listed", "nearest", "similar"]

_MOST_LETTERS = 200
_MOST_NAMES = 10_000
_MOST_LISTED = 12


def similar(name: str, known: Iterable[str], count: int = 3, cutoff: float = 0.6) -> list[str]:
    """Return the known names most similar to `name`, best first; none below `cutoff` (0 to 1).

    The name's length and the number of known names are limited: the time grows with their product.
    """
    from difflib import get_close_matches  # takes 2 ms, which most commands need not spend

    return get_close_matches(name[:_MOST_LETTERS], sorted(known)[:_MOST_NAMES], n=count, cutoff=cutoff)


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return the known name most similar to `name`, an empty string if none is."""
    return next(iter(similar(name, known, 1, cutoff)), "")


def closest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return the known names most similar to `name`, best first; all of them if there are few."""
    names = sorted(known)
    return similar(name, names, count, 0.0) if len(names) > count else names


def listed(name: str, known: Iterable[str], count: int = 3, none: str = "none") -> str:
    """Return the known names most similar to `name` as one line that says how many more there are; `none` if there are
    none.
    """
    names = list(known)
    shown = closest(name, names, count)
    more = len(names) - len(shown)
    return (", ".join(shown) + (f" and {more} more" if more else "")) or none


def did_you_mean(name: str, known: Iterable[str], *, what: str = "") -> str:
    """Return the advice for an unknown name: the nearest known one, or a list of known names."""
    names = sorted(set(known))
    if near := nearest(name, names):
        return f"Did you mean {near!r}?"
    if not names:
        return ""
    shown = ", ".join(names[:_MOST_LISTED]) + (", ..." if len(names) > _MOST_LISTED else "")
    return f"Known {what or 'names'}: {shown}."
