"""Quantities out of the results of a run, and the published values that belong to them."""

from recast.ci.compare.reading.published import published_values
from recast.ci.compare.reading.read import quantities

__all__ = ["published_values", "quantities"]
