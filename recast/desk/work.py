"""What the dispatcher has to do after an event: the ledger writes it down in the same transaction."""

from __future__ import annotations

from recast.desk.model import Event, Request

__all__ = ["work_of"]

_WORK = {"run-asked": "run", "rerun-asked": "run", "cancel-asked": "cancel"}


def work_of(request: Request, event: Event) -> str:
    """Return the kind of work that an event starts, given the request after it: `run`, `cancel`, or an empty text."""
    if event.kind == "withdrawn" and request.cancel_wanted:
        return "cancel"
    return _WORK.get(event.kind, "")
