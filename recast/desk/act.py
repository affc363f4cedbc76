"""What happens to a request: `decide` turns a wish into events, `apply` and `fold` turn events into its state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from recast.desk.applying import APPLY, drafted
from recast.desk.asking import Asked
from recast.desk.deciding import DECIDE
from recast.desk.facts import Facts
from recast.desk.may import may
from recast.desk.model import Actor, Event, Request
from recast.desk.objects import Service
from recast.desk.refusals import MovedOn, Refused
from recast.desk.state import not_now
from recast.desk.transitions import ACTIONS, TRANSITIONS
from recast.desk.words import check_words
from recast.errors import InputError, NotFound
from recast.json_types import JsonObject

__all__ = ["apply", "check", "decide", "fold"]

_TO = {row.kind: row.to for row in TRANSITIONS}


def decide(
    request: Request | None, action: str, actor: Actor, now: str, data: JsonObject, facts: Facts | None = None
) -> list[Event]:
    """Return the events that follow from an action; an empty list if everything is already as asked.

    Raises NotFound if the actor may not know of the request, Refused (`request.refused`) if it is not theirs to do,
    MovedOn (`request.moved-on`) if the state does not allow it, InputError for malformed data.
    """
    facts = facts or Facts()
    check(request, action, actor, facts.policy)
    check_words(action, data)
    asked = Asked(request, actor, now, data, facts)
    event_data = DECIDE[action](asked)
    if event_data is None:
        return []
    name = facts.id if request is None else request.id
    number = 1 if request is None else request.version + 1
    event = Event(name, number, ACTIONS[action].kind, actor.user or "service", now, event_data)
    after = apply(request, event)
    return [event, *_completed(after), *_submitted_again(asked, action, after)]


def check(request: Request | None, action: str, actor: Actor, policy: str) -> None:
    """Raise what `decide` raises for who asks and for the state: this needs neither the points nor the data."""
    _check_may(request, action, actor, policy)
    if why := not_now(request, action):
        raise MovedOn(f"`{action}` cannot be done now", why=why, next_step="Look at its state, then decide again.")


def apply(request: Request | None, event: Event) -> Request:
    """Return the request after an event; `request` is None for its first."""
    changed = drafted(event) if request is None else APPLY[event.kind](request, event)
    state = _TO[event.kind] or changed.state
    return replace(changed, state=state, version=event.number, changed=event.at)


def fold(events: Iterable[Event]) -> Request:
    """Return the state that follows from all events of a request; raises ValueError if there are none."""
    request: Request | None = None
    for event in events:
        request = apply(request, event)
    if request is None:
        raise ValueError("a request has at least one event")
    return request


def _check_may(request: Request | None, action: str, actor: Actor, policy: str) -> None:
    said = may(actor, action, Service() if request is None else request, policy)
    if said.hidden and request is not None:
        raise NotFound(f"There is no request {request.id}", next_step="recast request ls")
    if action not in ACTIONS:
        raise InputError(f"There is no action `{action:.40}`", why=f"There are: {', '.join(sorted(ACTIONS))}.")
    if not said.yes:
        raise Refused(
            f"You may not {action} this", why=said.why, next_step="`allowed` of the request says what you may."
        )


def _submitted_again(asked: Asked, action: str, after: Request) -> list[Event]:
    """Return the event that follows when a submitted request comes to ask another search: it is new to its contacts."""
    before = asked.on
    if action != "amend" or before is None or before.state != "submitted":
        return []
    if (before.analysis, before.wanted) == (after.analysis, after.wanted):
        return []
    _check_may(after, "submit", asked.actor, asked.facts.policy)
    data = DECIDE["submit"](replace(asked, on=after, data={}))
    assert data is not None
    return [Event(after.id, after.version + 1, "submitted", asked.actor.user, asked.now, data)]


def _completed(request: Request) -> list[Event]:
    """Return the event that follows the answer to the last open point."""
    over = all(point.state in ("answered", "failed") for point in request.points)
    if request.state != "accepted" or not over:
        return []
    return [Event(request.id, request.version + 1, "completed", "service", request.changed)]
