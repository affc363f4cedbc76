"""Whose turn it is: the one next step that a request waits for, in each state, and who is waited for.

Others may do these steps, too; coordinators and administrators step in, and are not asked to by a list.
"""

from __future__ import annotations

__all__ = ["NEXT_STEPS", "WAITED_FOR"]

NEXT_STEPS = {
    "submit": "draft",
    "accept": "submitted",
    "archive": "submitted",  # what nobody has archived waits for whoever has claimed it
    "run": "accepted",  # unless a run was asked for already
    "release": "answered",
}
"""The actions that are somebody's turn, each with the state in which it is."""

WAITED_FOR = frozenset({"owner", "claimant", "contact"})
"""The parties that a request waits for, as far as they may do the step."""
