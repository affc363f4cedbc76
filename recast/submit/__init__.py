"""One user-defined container as a run like any other: what is asked for, its image, its files, its spec."""

from recast.submit.order import SubmitOrder
from recast.submit.prepared import prepared_order

__all__ = ["SubmitOrder", "prepared_order"]
