"""Points in the plane of two coordinates, each with what is drawn of it, and the contours that they carry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from recast.charts.contour import ALPHA, CURVES, Line, Step, Triple, lines_by_name, sigma_of
from recast.charts.spots import Spot, five, kind_of, number, one_a_place

__all__ = ["LEVEL", "Placed", "carried", "contours_of", "placed_spots", "triples", "triples_by_name"]

LEVEL = sigma_of(ALPHA)


@dataclass(frozen=True, slots=True)
class Placed:
    """A point at its place: what is known of it, its observed CLs and its five expected ones."""

    x: float
    y: float
    spot: Spot
    kind: str
    observed: float | None
    expected: Sequence[float] | None

    @property
    def values(self) -> tuple[float | None, float | None]:
        """CLs observed and expected (median)."""
        return self.observed, self.expected[2] if self.expected else None


def placed_spots(spots: Iterable[Spot], axes: Sequence[str]) -> list[Placed]:
    """Return the points that have both coordinates, one at a place."""
    found = []
    for (x, y), spot in one_a_place(spots, axes).items():
        limit = spot.limit or {}
        found.append(Placed(x, y, spot, kind_of(spot), number(limit.get("cls_obs")), five(limit, "cls_exp")))
    return found


def triples(spots: Iterable[Spot], axes: Sequence[str], curve: str) -> list[Triple]:
    """Return (x, y, sigma of CLs) of the points at which a curve has a value; those without a verdict are left out."""
    return triples_by_name(placed_spots(spots, axes))[curve]


def triples_by_name(placed: Iterable[Placed]) -> dict[str, list[Triple]]:
    """Return the `triples` of each of `CURVES`."""
    found: dict[str, list[Triple]] = {name: [] for name in CURVES}
    for it in placed:
        if it.spot.limit is None or it.spot.limit.get("undecided"):
            continue
        for name, index in CURVES.items():
            value = it.observed if index is None else it.expected[index] if it.expected else None
            if value is not None:
                found[name].append((it.x, it.y, sigma_of(value)))
    return found


def contours_of(spots: Iterable[Spot], axes: Sequence[str], step: Step = (None, None)) -> dict[str, list[Line]]:
    """Return the contours of CLs = 0.05 by the names in `CURVES`; none where the points do not carry them.

    These are the contours of `recast scan`. Raises ImportError without matplotlib.
    """
    return carried(triples_by_name(placed_spots(spots, axes)), step)


def carried(curves: Mapping[str, Sequence[Triple]], step: Step) -> dict[str, list[Line]]:
    """Return the contours of curves by name; only those that there are."""
    found = lines_by_name(curves, LEVEL, step)
    return {name: curve for name, curve in found.items() if curve}
