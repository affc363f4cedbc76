"""The check of all points before they are submitted, as facts of the desk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from recast.desk.document import as_document
from recast.desk.facts import Facts

if TYPE_CHECKING:
    from recast.desk.model import Request
    from recast.service.asked import Asked

__all__ = ["checked"]


def checked(asked: Asked, request: Request, facts: Facts) -> Facts:
    """Return the facts with every fault of the points and the cost that was estimated."""
    if not request.analysis:
        return facts
    said = asked.parts.check(as_document(request), asked.actor, asked.parts.ledger)
    faults = tuple(f"{it['point']}: {it['what']}" for it in said.get("faults", ()))
    return replace(facts, faults=faults, core_hours=(said.get("cost") or {}).get("core_hours"))
