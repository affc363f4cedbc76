"""Efficiency maps of simplified models and tables of cross sections, interpolated between their points.

A map is `{"axes": [...], "points": [[mass, ...], ...], "efficiencies": {region: [...]}}`, masses in GeV. Between points
an efficiency is linear in the mass, in a plane linear on the Delaunay triangles; a cross section is linear in its
logarithm. Nothing is ever extrapolated.
The same file lies in every bundle that fits counts (a test compares them).
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from scipy.interpolate import LinearNDInterpolator

__all__ = ["Refused", "cross_section_fb", "efficiencies", "one_cross_section_fb", "parse"]

NAME = re.compile(r"(?P<model>[A-Za-z][A-Za-z0-9]{0,30})(?P<masses>(_\d{1,5}(\.\d{1,3})?){1,3})")


class Refused(Exception):
    """What was asked for cannot be answered; the message says why."""


def parse(name: str, models: dict[str, Any]) -> tuple[str, dict[str, float]]:
    """Return model and masses (by axis, GeV) of a name such as TChiHH_500_0."""
    match = NAME.fullmatch(name)
    if match is None or match["model"] not in models:
        raise Refused(f"{name!r} names no model; a name is <model>_<masses in GeV>, models are: {', '.join(models)}")
    axes, masses = models[match["model"]]["axes"], [float(text) for text in match["masses"].split("_")[1:]]
    if len(masses) != len(axes):
        raise Refused(f"{name!r} has {len(masses)} masses, {match['model']} takes {len(axes)}: {', '.join(axes)}")
    return match["model"], dict(zip(axes, masses))


def efficiencies(model: dict[str, Any], masses: dict[str, float], name: str) -> dict[str, float]:
    """Return acceptance times efficiency per region at masses; raise Refused outside the map."""
    points = np.array(model["points"], dtype=float)
    table = np.array(list(model["efficiencies"].values()))
    place = np.array([masses[axis] for axis in model["axes"]])
    found = along_line(points[:, 0], table, place[0]) if points.shape[1] == 1 else in_plane(points, table, place)
    if found is None or not np.isfinite(found).all():
        ranges = [f"{axis} {low:g} to {high:g}" for axis, low, high in zip(model["axes"], points.min(0), points.max(0))]
        raise Refused(f"{name} is outside the efficiency map ({', '.join(ranges)} GeV, not every combination)")
    return {region: float(value) for region, value in zip(model["efficiencies"], found)}


def along_line(masses: Any, table: Any, mass: float) -> Any:
    """Return the rows of a table interpolated at a mass, None outside."""
    if not masses.min() <= mass <= masses.max():
        return None
    order = np.argsort(masses)
    return np.array([np.interp(mass, masses[order], row[order]) for row in table])


def in_plane(points: Any, table: Any, place: Any) -> Any:
    """Return the rows of a table interpolated at a place of the plane; NaN outside of its hull."""
    on_grid = np.flatnonzero((points == place).all(axis=1))
    if len(on_grid):
        return table[:, on_grid[0]]
    width = np.ptp(points, axis=0)
    return LinearNDInterpolator(points / width, table.T)(place / width)[0]


def cross_section_fb(mass_gev: float, table: dict[str, Any]) -> tuple[float, float]:
    """Return the cross section of a table at a mass and its uncertainty, interpolated in the logarithm."""
    rows = table["rows"]
    if not rows[0][0] <= mass_gev <= rows[-1][0]:
        raise Refused(f"the cross sections reach from {rows[0][0]} to {rows[-1][0]} GeV, asked was {mass_gev:g} GeV")
    masses = [row[0] for row in rows]
    value = math.exp(np.interp(mass_gev, masses, [math.log(row[1]) for row in rows]))
    error = value * np.interp(mass_gev, masses, [row[2] / row[1] for row in rows])
    return float(f"{value:.10g}"), float(f"{error:.5g}")  # at a tabulated mass the tabulated value


def one_cross_section_fb(request: dict[str, Any]) -> float | None:
    """Return the user's cross section in fb, from `xsec_fb` or `xsec_pb`; None if neither is given."""
    if request["xsec_fb"] is not None and request["xsec_pb"] is not None:
        raise Refused("give xsec_fb or xsec_pb, not both")
    return request["xsec_fb"] if request["xsec_pb"] is None else request["xsec_pb"] * 1000.0
