"""Whether the state of a request allows an action, whoever asks for it."""

from __future__ import annotations

from recast.desk.model import Request
from recast.desk.transitions import ACTIONS, NEW

__all__ = ["not_now"]


def not_now(request: Request | None, action: str) -> str:
    """Return why the state of a request does not allow an action, or an empty text."""
    row, state = ACTIONS[action], NEW if request is None else request.state
    if action == "complete":
        return "it follows by itself from the last answer"
    return "" if state in row.sources else f"the request is {state}; this needs {' or '.join(sorted(row.sources))}"
