"""What those who help themselves may use: with the policy `at-once`, within a quota of core-hours."""

from __future__ import annotations

from recast.desk.asking import Asked
from recast.desk.parties import parties
from recast.desk.refusals import Refused
from recast.desk.transitions import ACTIONS

__all__ = ["check_quota"]


def check_quota(asked: Asked, action: str) -> None:
    """Raise Refused if somebody who may do an action only because the request is theirs has not enough left for it.

    Without an estimate nobody can tell, so it is too much.
    """
    facts = asked.facts
    mine = parties(asked.actor, asked.request, facts.policy) & ACTIONS[action].who
    if ACTIONS[action].not_own and asked.actor.user == asked.request.owner:
        mine = mine & {"owner-at-once"}
    if mine != {"owner-at-once"} or facts.core_hours_left is None:
        return
    needed, left = facts.core_hours, facts.core_hours_left
    if needed is not None and needed <= left:
        return
    cost = "nobody knows yet what it costs" if needed is None else f"it needs about {needed:.3g} core-hours"
    raise Refused(
        f"You may not {action} this yourself",
        why=f"{cost}, and {left:.3g} of your quota are left",
        next_step="Ask for fewer points, or wait for a contact of the analysis.",
    )
