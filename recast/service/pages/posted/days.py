"""How long what opens something may live, as forms offer it. Pure."""

from __future__ import annotations

from recast.json_types import JsonDict
from recast.service.pages.posted.sent import Sent

__all__ = ["LIVES", "seconds_of"]

_DAY_S = 86400
LIVES = (("1", "a day"), ("7", "a week"), ("30", "30 days"), ("90", "90 days"), ("365", "a year"))
"""Days, and what they are called."""


def seconds_of(sent: Sent) -> JsonDict:
    """Return `expires_in_s` as the API takes it: nothing if nothing is said, and what is no number as it is."""
    days = sent.text("days").strip()
    if not days:
        return {}
    return {"expires_in_s": int(days) * _DAY_S if days.isascii() and days.isdigit() and len(days) < 6 else days}
