"""Did the physics move: quantities of two commits compared, and the statistics behind it; pure."""

from recast.ci.compare.announced import Announced
from recast.ci.compare.compare_all import compare
from recast.ci.compare.comparison import ChangedEvents, Comparison, Row
from recast.ci.compare.quantity import Bin, Published, Quantity
from recast.ci.compare.reading import published_values, quantities
from recast.ci.compare.rules import Rules, Tolerance
from recast.ci.compare.toys import SelfTest, selftest

__all__ = [
    "Announced",
    "Bin",
    "ChangedEvents",
    "Comparison",
    "Published",
    "Quantity",
    "Row",
    "Rules",
    "SelfTest",
    "Tolerance",
    "compare",
    "published_values",
    "quantities",
    "selftest",
]
