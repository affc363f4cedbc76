"""The life of a request as one table: who may do what in which state, what state follows, and what is written down.

`act` reads the table to decide, `may` to permit, the documentation to draw it. An empty `to` leaves the state as it is.
Parties (`who`) are computed in `parties`; everybody must be able to read a request before anything else.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ACTIONS", "JUDGEMENTS", "NEW", "PARTIES", "TRANSITIONS", "Transition"]

NEW = "new"
"""The state of a request that does not exist yet."""

PARTIES = (
    "anyone",  # a visitor without login
    "link",  # a visitor with a link to this request
    "user",  # somebody who has logged in
    "owner",  # who made the request
    "owner-at-once",  # the same, where the card of the analysis lets requesters help themselves
    "reader",  # whom the owner invited
    "subscriber",
    "claimant",  # who offered to see to it
    "contact",  # of the analysis
    "coordinator",  # of the collaboration
    "operator",
    "administrator",
    "machine",  # the dispatcher of the service
)


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: `action` is possible from `sources`, for `who`, with a token of `scope`; it is recorded as `kind`.

    `not_own` holds for what nobody does for a request of their own. `reason` says that a reason must be given.
    """

    action: str
    sources: frozenset[str]
    to: str
    kind: str
    who: frozenset[str]
    scope: str
    not_own: bool = False
    reason: bool = False


def _row(
    action: str, sources: str, to: str, kind: str, who: str, scope: str, *, not_own: bool = False, reason: bool = False
) -> Transition:
    return Transition(
        action, frozenset(sources.split()), to, kind, frozenset(who.split()), scope, not_own=not_own, reason=reason
    )


_OPEN = "draft submitted accepted answered released"
_ENDED = "declined withdrawn expired"
_ANY = f"{_OPEN} {_ENDED}"
_GIVEN = "accepted answered released"
_JUDGES = "contact coordinator administrator owner-at-once"
_RUNNERS = "contact coordinator operator administrator owner-at-once"

TRANSITIONS = (
    # action, from, to, event, who, scope
    _row("draft", NEW, "draft", "drafted", "user", "request"),
    _row("amend", "draft submitted", "", "amended", "owner", "request"),
    _row("submit", "draft", "submitted", "submitted", "owner", "request"),
    _row("accept", "submitted", "accepted", "accepted", _JUDGES, "review", not_own=True),
    _row("decline", "submitted", "declined", "declined", _JUDGES, "review", not_own=True, reason=True),
    _row("withdraw", "draft submitted accepted answered", "withdrawn", "withdrawn", "owner administrator", "request"),
    _row("remind", "submitted", "", "reminded", "machine", "operate"),
    _row("expire", "submitted", "expired", "expired", "machine", "operate"),
    _row("reopen", _ENDED, "draft", "reopened", "owner", "request"),
    _row("run", "accepted", "", "run-asked", _RUNNERS, "review"),
    _row("cancel", "accepted", "", "cancel-asked", _RUNNERS, "review"),
    _row("rerun", "answered released", "accepted", "rerun-asked", _RUNNERS, "review"),
    _row("start-run", "accepted", "", "run-started", "machine", "operate"),
    _row("answer-point", "accepted", "", "point-answered", "machine", "operate"),
    _row("fail-point", "accepted", "", "point-failed", "machine", "operate"),
    _row("end-run", _ANY, "", "run-ended", "machine", "operate"),
    _row("warn", _ANY, "", "version-warned", "machine", "operate"),
    _row("answer", _GIVEN, "", "point-answered", "user", "answer"),
    _row("complete", "accepted", "answered", "completed", "machine", "operate"),
    _row("review", _GIVEN, "", "reviewed", _JUDGES, "review", not_own=True),
    _row("reject", _GIVEN, "", "rejected", _JUDGES, "review", not_own=True, reason=True),
    _row("release", "answered released", "released", "released", _JUDGES, "review", not_own=True),
    _row("comment", _ANY, "", "commented", "user", "request"),
    _row("subscribe", _ANY, "", "subscribed", "user", "request"),
    _row("unsubscribe", _ANY, "", "unsubscribed", "user", "request"),
    _row("claim", "submitted accepted", "", "claimed", "user", "answer"),
    _row("unclaim", _ANY, "", "unclaimed", "claimant owner coordinator administrator", "answer"),
    _row("archive", "submitted", "", "archived", "claimant contact coordinator administrator", "answer"),
    _row("invite", _ANY, "", "invited", "owner", "request"),
    _row("uninvite", _ANY, "", "uninvited", "owner", "request"),
    _row("publish", _ANY, "", "audience-changed", "owner", "request"),
    _row("restrict", _ANY, "", "audience-changed", "contact coordinator operator administrator", "review", reason=True),
)
"""`complete` is never asked for: it follows the answer to the last open point. `publish` is the owner's change of the
audience, `restrict` the moderator's (to private alone).
"""

ACTIONS = {row.action: row for row in TRANSITIONS}

JUDGEMENTS = frozenset(row.action for row in TRANSITIONS if row.not_own)
"""What says yes or no to something that was read, and that others may change at the same time."""
