"""Points with what is known of them, as scans and pages hand them to charts; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from recast.json_types import JsonObject, JsonValue, is_finite
from recast.results.verdict import is_excluded

__all__ = ["LARGEST", "Spot", "five", "kind_of", "number", "one_a_place", "place", "sensitivity", "xsec_fb"]

LARGEST = 1e100
"""No larger number is drawn: a picture's own numbers would overflow."""

_RANKS = ("cls_exp", "mu_ul_exp", "xsec_ul_exp_fb")


@dataclass(frozen=True, slots=True)
class Spot:
    """A point: its coordinates, and its limit (a result of that type), or the reason why it has none.

    Without a limit and a reason it is open: not answered yet. `words` are added to what is read out of it, such as its
    name; `href` leads to its evidence.
    """

    coordinates: Mapping[str, JsonValue]
    limit: JsonObject | None = field(default=None)
    reason: str = ""
    words: str = ""
    href: str = ""


def number(value: JsonValue) -> float | None:
    """Return a value as a number that can be drawn, None if it is none: NaN, infinite, too large, no number at all."""
    return float(value) if is_finite(value) and abs(value) <= LARGEST else None


def five(limit: JsonObject, key: str) -> list[float] | None:
    """Return the expected values at -2, -1, 0, +1, +2 sigma, None unless all five are numbers."""
    found = limit.get(key)
    if not isinstance(found, (list, tuple)) or len(found) != 5:
        return None
    numbers = [it for it in map(number, found) if it is not None]
    return numbers if len(numbers) == 5 else None


def kind_of(spot: Spot) -> str:
    """Return what is known of a point: `excluded`, `allowed`, `undecided`, `failed` or `open`."""
    if spot.limit is None:
        return "failed" if spot.reason else "open"
    said = spot.limit.get("excluded")
    if "excluded" not in spot.limit:
        keys = ("cls_obs", "mu_ul_obs", "xsec_ul_obs_fb")
        known = {key: number(spot.limit.get(key)) for key in keys}
        said = is_excluded({**spot.limit, **known, "point": {"xsec_fb": xsec_fb(spot.limit)}})
    return "excluded" if said is True else "allowed" if said is False else "undecided"


def xsec_fb(limit: JsonObject) -> float | None:
    """Return the cross section of the signal of a limit, None if it states none."""
    found = limit.get("point")
    return number(found.get("xsec_fb")) if isinstance(found, Mapping) else None


def sensitivity(limit: JsonObject) -> tuple[int, float]:
    """Return the sort key for sensitivity: median expected CLs, else limit on mu, else on the cross section.

    Observed values are never used.
    """
    for rank, key in enumerate(_RANKS):
        if values := five(limit, key):
            return rank, values[2]
    return len(_RANKS), 0.0


def place(spot: Spot, axes: Sequence[str]) -> tuple[float, ...] | None:
    """Return where a point lies, None unless all coordinates are numbers."""
    found = [number(spot.coordinates.get(axis)) for axis in axes]
    return tuple(it for it in found if it is not None) if None not in found else None


def one_a_place(spots: Iterable[Spot], axes: Sequence[str]) -> dict[tuple[float, ...], Spot]:
    """Return the point at each place; of several the one with a limit of the best expected sensitivity."""
    found = dict[tuple[float, ...], Spot]()
    for spot in spots:
        where = place(spot, axes)
        if where is not None and (where not in found or _rank(spot) < _rank(found[where])):
            found[where] = spot
    return found


def _rank(spot: Spot) -> tuple[int, float]:
    return sensitivity(spot.limit) if spot.limit is not None else (9 if spot.reason else 10, 0.0)
