"""When time decides: a request that nobody accepts is brought to mind, and in the end expires."""

from __future__ import annotations

from recast.desk.model import Request
from recast.moments import plus

__all__ = ["DAYS_SILENT", "DAYS_TO_REMIND", "DAYS_WITHOUT_CONTACT", "deadlines", "due", "later", "next_reminder"]

DAYS_TO_REMIND = 14
DAYS_SILENT = 60
"""How long a contact has to accept or decline."""

DAYS_WITHOUT_CONTACT = 30
"""How long a request waits for somebody to claim it, if its analysis has no contact or is not archived."""

_DAY_S = 86400.0


def later(now: str, days: int) -> str:
    """Return the time some days after another, both as `2026-01-31T12:00:00Z`."""
    return plus(now, days * _DAY_S)


def deadlines(now: str, *, has_contact: bool) -> dict[str, str]:
    """Return when a request submitted now is brought to mind (`reminds`), and when it expires."""
    days = DAYS_SILENT if has_contact else DAYS_WITHOUT_CONTACT
    return {"reminds": later(now, DAYS_TO_REMIND), "expires": later(now, days)}


def next_reminder(now: str, expires: str) -> str:
    """Return when to remind again, or an empty text if the request expires before."""
    again = later(now, DAYS_TO_REMIND)
    return again if again < expires else ""


def due(request: Request, now: str) -> str:
    """Return the action that time demands now: `expire`, `remind`, or an empty text."""
    if request.state != "submitted":
        return ""
    if request.expires and now >= request.expires:
        return "expire"
    return "remind" if request.reminds and now >= request.reminds else ""
