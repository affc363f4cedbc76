"""ARC computing elements: jobs by the REST interface of A-REX, with an X.509 proxy or a bearer token."""

from recast.executors.arc.system import ArcSystem

__all__ = ["ArcSystem"]
