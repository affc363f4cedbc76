"""Why an action on a request is not done: it is not allowed, or the request is no longer in a state that allows it."""

from __future__ import annotations

from recast.errors import PermissionDenied, RecastError

__all__ = ["MovedOn", "Refused"]


class Refused(PermissionDenied):
    """The actor may not do this; `why` is what `may` said."""

    code = "request.refused"


class MovedOn(RecastError):
    """The request is in a state in which this cannot be done: somebody else, or time, was faster."""

    code = "request.moved-on"
    exit_code = 1
