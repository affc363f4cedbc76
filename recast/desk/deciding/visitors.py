"""Who has no part in a request that everybody may comment on and answer."""

from __future__ import annotations

from recast.desk.asking import Asked
from recast.desk.parties import parties

__all__ = ["is_visitor"]

_INSIDE = frozenset({"owner", "contact", "coordinator", "operator", "administrator"})


def is_visitor(asked: Asked) -> bool:
    """Return whether whoever asks is none of those whose affair a request is: its bounds for others hold for them.

    To claim or follow a request is open to everybody, so it makes no difference.
    """
    return not parties(asked.actor, asked.request) & _INSIDE
