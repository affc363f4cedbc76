"""The published line beside ours: as a version's results have it, else between the published limits at its points."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from recast.charts.contour import ALPHA, Line, Step, Triple, lines, sigma_of
from recast.json_types import JsonDict, JsonObject, is_finite
from recast.scans.axes import is_number
from recast.scans.declared import Declared
from recast.service.answers.chosen import Chosen

__all__ = ["Published", "published_of"]

_MOST_PLACES = 20_000
_OF_RESULTS = "the published contour, as the version carries it"
_BETWEEN = "interpolated between the published limits at these points, as our line is"


@dataclass(frozen=True, slots=True)
class Published:
    """The published contour of the plane that a version declares; empty if its results carry none."""

    contour: Sequence[Line] = ()

    def lines(
        self, points: Sequence[Chosen], axes: Sequence[str], step: Step, *, declared: bool
    ) -> tuple[list[Line], str]:
        """Return the published line in a plane, and in words what it is made of; no line if nothing is known.

        `declared` says that it is the plane which the version declares.
        """
        if declared and self.contour:
            return list(self.contour), _OF_RESULTS
        placed = [found for it in points if (found := _placed(it, axes)) is not None]
        try:
            drawn = lines(placed, 0.0, step)
        except ImportError:  # without matplotlib there is no line of ours either, and the chart says so
            return [], ""
        return drawn, _BETWEEN if drawn else ""


def published_of(points: Sequence[Chosen], declared: Declared) -> Published:
    """Return what is known of the published line from the results of points."""
    if declared.published is None:
        return Published()
    name, curve = declared.published
    for it in points:
        for result in (it.answer or {}).get("results") or ():
            if result.get("name") == name and result.get("type") == "table" and (found := _contour(result, curve)):
                return Published(found)
    return Published()


def _contour(table: JsonObject, curve: str) -> list[Line]:
    """Return the lines of a curve in a table whose rows are (curve, part, x, y)."""
    parts = dict[str, Line]()
    for row in list(table.get("rows") or ())[:_MOST_PLACES]:
        if isinstance(row, (list, tuple)) and len(row) >= 4 and row[0] == curve and all(map(is_finite, row[2:4])):
            parts.setdefault(str(row[1]), []).append((float(row[2]), float(row[3])))
    return [line for line in parts.values() if len(line) > 1]


def _placed(it: Chosen, axes: Sequence[str]) -> Triple | None:
    """Return where a point is, and its margin; None without a published limit."""
    margin = _margin(it.limit) if it.limit is not None else None
    where = {**it.coordinates, **(it.limit or {}).get("point", {})}
    if margin is None or not all(is_number(where.get(axis)) for axis in axes):
        return None
    return float(where[axes[0]]), float(where[axes[1]]), margin


def _margin(limit: JsonDict) -> float | None:
    """Return how far the published limit of a point is from the edge of exclusion: above 0 it is excluded."""
    published = limit["published"]
    for key, margin in _MARGINS.items():
        if key in published:
            return margin(published[key], limit["point"].get("xsec_fb"))
    return None


def _of_cls(cls: float, _: object) -> float:
    return sigma_of(cls) - sigma_of(ALPHA)


def _of_mu(limit: float, _: object) -> float | None:
    return -math.log(limit) if limit > 0.0 else None


def _of_xsec(limit: float, theory: object) -> float | None:
    return math.log(theory / limit) if limit > 0.0 and is_finite(theory) and theory > 0.0 else None


_MARGINS: dict[str, Callable[[float, object], float | None]] = {
    "cls_obs": _of_cls,
    "mu_ul_obs": _of_mu,
    "xsec_ul_obs_fb": _of_xsec,
}
