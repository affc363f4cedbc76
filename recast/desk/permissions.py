"""What may be done to everything that is not a step in a request's life: the other half of the permission table.

Together with `transitions` this is all that anybody can do here. A route of the service maps to one row of the two.
"""

from __future__ import annotations

from dataclasses import dataclass

from recast.desk.model import Listed, Request
from recast.desk.objects import Analysis, Given, Operations, Person, Run, Service, Thing, Token, Upload
from recast.desk.transitions import TRANSITIONS

__all__ = ["KINDS", "RULES", "Rule"]

KINDS: dict[type[Thing], str] = {
    Service: "service",
    Operations: "operations",
    Analysis: "analysis",
    Request: "request",
    Listed: "request",
    Given: "answer",
    Run: "run",
    Upload: "upload",
    Token: "token",
    Person: "person",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may do something, and which scope a token needs for it. `readers` stands for whoever may read the request."""

    who: frozenset[str]
    scope: str
    not_own: bool = False


def _may(who: str, scope: str) -> Rule:
    return Rule(frozenset(who.split()), scope)


_JUDGES = "contact coordinator administrator machine"
_INSIDERS = f"owner reader operator {_JUDGES}"

RULES: dict[tuple[str, str], Rule] = {
    ("service", "look"): _may("anyone", "read"),  # health, metrics, openapi
    ("service", "search"): _may("anyone", "read"),
    ("service", "check"): _may("anyone", "read"),
    ("service", "list-requests"): _may("anyone", "read"),
    ("service", "log-in"): _may("anyone", "read"),
    ("service", "upload"): _may("user", "request"),
    ("service", "list-people"): _may("administrator", "admin"),
    ("service", "invite"): _may("administrator", "admin"),
    ("service", "watch-work"): _may("operator administrator", "operate"),
    ("service", "read-audit"): _may("operator administrator", "operate"),
    ("service", "index"): _may("operator administrator machine", "operate"),
    ("service", "back-up"): _may("administrator", "admin"),
    ("operations", "read"): _may("operator administrator", "operate"),
    ("analysis", "read"): _may("anyone", "read"),
    ("analysis", "watch"): _may("user", "request"),
    ("analysis", "set-card"): _may("contact coordinator administrator", "review"),
    ("request", "read"): _may("readers", "read"),
    ("request", "list"): _may("listed", "read"),
    ("request", "read-history"): _may(_INSIDERS, "read"),
    ("request", "link"): _may("owner", "request"),
    ("request", "unlink"): _may("owner administrator", "request"),
    ("answer", "read"): _may("readers", "read"),
    ("answer", "read-results"): _may(f"{_JUDGES} author owner-at-once released", "read"),
    ("run", "read"): _may("readers", "read"),
    ("run", "read-log"): _may(f"{_JUDGES} operator owner-at-once released", "read"),
    ("upload", "read"): _may("owner contact coordinator administrator machine shared", "read"),
    ("upload", "use"): _may("owner", "request"),
    ("upload", "remove"): _may("owner administrator", "request"),
    ("token", "make"): _may("owner", "request"),
    ("token", "read"): _may("owner administrator", "read"),
    ("token", "revoke"): _may("owner administrator", "request"),
    ("person", "read"): _may("owner administrator", "read"),
    ("person", "change"): _may("owner administrator", "admin"),
    ("person", "give-role"): _may("administrator", "admin"),
}
RULES |= {
    ("service" if row.action == "draft" else "request", row.action): Rule(row.who, row.scope, row.not_own)
    for row in TRANSITIONS
}
"""Every (kind of thing, action). `released` is a reader of what has been released; `shared` one of a released file."""
