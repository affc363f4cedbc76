"""One user-defined container as a run like any other: what is asked for, its image, its files, its spec."""

from recast.submissions.order import SubmitOrder
from recast.submissions.prepared import prepared_order

__all__ = ["SubmitOrder", "prepared_order"]
