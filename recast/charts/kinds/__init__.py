"""The kinds of charts: from results to figures, one kind a file."""

from recast.charts.kinds.cutflow import cutflow_of
from recast.charts.kinds.limits import limits_of
from recast.charts.kinds.placed import contours_of
from recast.charts.kinds.plane import plane_of
from recast.charts.kinds.point import point_of
from recast.charts.kinds.regions import regions_of

__all__ = ["contours_of", "cutflow_of", "limits_of", "plane_of", "point_of", "regions_of"]
