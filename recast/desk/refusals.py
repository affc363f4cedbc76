"""Why an action on a request is not done: it is not allowed, or the request is no longer in a state that allows it."""

from recast.errors import MovedOn, Refused

__all__ = ["MovedOn", "Refused"]
