"""Results as charts: SVG for pages and files, and the same numbers as a table."""

from recast.charts.kinds import contours_of, cutflow_of, limits_of, plane_of, point_of, regions_of
from recast.charts.model import Figure, Table
from recast.charts.spots import Spot
from recast.charts.svg import standalone, svg
from recast.charts.table import beside, table

__all__ = [
    "Figure", "Spot", "Table", "beside", "contours_of", "cutflow_of", "limits_of", "plane_of", "point_of",
    "regions_of", "standalone", "svg", "table",
]  # fmt: skip
