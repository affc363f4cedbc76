"""A request as its page shows it: what is asked, how far it is, what was said, and what its reader may do next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from recast.desk.model import POINT_STATES as STATES
from recast.json_types import JsonDict, JsonObject
from recast.service.pages.links import query
from recast.service.pages.request.answers import shown_point
from recast.service.pages.shape import items_of, mapping, text, texts
from recast.service.pages.slices import part_of
from recast.service.pages.words import AUDIENCES, AUTHORITIES, POINT_STATES, REQUEST_STATES

__all__ = ["People", "people_of", "shown_request", "shown_row"]

_POINTS, _COMMENTS = 25, 20
_LONGEST_COMMENT = 2000


@dataclass
class People:
    """The people of a request in words: their ids say nothing to anybody."""

    user: str
    owner: str
    others: dict[str, str] = field(default_factory=dict)

    def name(self, person: str) -> str:
        """Return who somebody is for whoever looks at the page; empty for nobody."""
        if not person or person == "service":
            return "the service" if person else ""
        if person == self.user:
            return "you"
        return "who asked" if person == self.owner else self.others.setdefault(person, f"person {len(self.others) + 1}")


def people_of(document: JsonObject, user: str) -> People:
    """Return the people of a request, for `user`: numbered in one order, whichever part of it is shown."""
    people, said = People(user, text(document.get("owner"))), items_of(document.get("comments"))
    for person in (document.get("accepted_by"), document.get("claimed_by"), *(it.get("by") for it in said)):
        people.name(text(person))
    return people


def shown_request(document: JsonObject, user: str, path: str, points: int = 1, discussion: int = 1) -> JsonDict:
    """Return what the page of a request at `path` shows to `user`; `points` and `discussion` are numbers of parts."""
    people, state = people_of(document, user), text(document.get("state"))
    asked, said = (items_of(document.get(key)) for key in ("points", "comments"))
    here = {"points": str(points), "discussion": str(discussion)}
    return {
        **_about(document),
        "state_words": REQUEST_STATES.get(state, state),
        "state_reason": text(document.get("state_reason"), 2000),
        "yours": bool(user) and user == people.owner,
        "accepted_by": people.name(text(document.get("accepted_by"))),
        "runs": texts(document.get("runs"), 1000, 80)[:-11:-1],
        "claimed_by": people.name(text(document.get("claimed_by"))),
        "counts": _counts([text(it.get("state")) for it in asked]),
        "points": part_of(asked, points, _POINTS, shown_point, _address(path, here, "points")),
        "comments": part_of(
            said, discussion, _COMMENTS, lambda it: _comment(it, people), _address(path, here, "discussion")
        ),
        "authorities": list(AUTHORITIES.values()),
        "path": path,
    }


def shown_row(row: JsonObject) -> JsonDict:
    """Return what a list shows of a request."""
    counts = mapping(row.get("points"))
    told = {state: found for state in STATES if isinstance(found := counts.get(state), int)}
    state = text(row.get("state"))
    return {
        **_about(row),
        "state_words": REQUEST_STATES.get(state, state),
        "counts": [(POINT_STATES[state], number) for state, number in told.items() if number],
        "subscribed": row.get("subscribed") is True,
    }


def _about(document: JsonObject) -> JsonDict:
    """Return what is asked, as lists and pages have it."""
    audience = text(document.get("audience"))
    return {
        "id": text(document.get("id"), 60),
        "title": text(document.get("title"), 300) or "A request without a title",
        "state": text(document.get("state")),
        "analysis": text(document.get("analysis")),
        "version": text(document.get("version"), 80),
        "digest": text(document.get("digest"), 80),
        "wanted": text(document.get("wanted"), 500),
        "model": text(document.get("model"), 2000),
        "reason": text(document.get("reason"), 4000),
        "audience": audience,
        "audience_words": AUDIENCES.get(audience, audience),
        "created": text(document.get("created"), 40),
        "changed": text(document.get("changed"), 40),
        "expires": text(document.get("expires"), 40),
    }


def _counts(states: list[str]) -> list[tuple[str, int]]:
    return [(POINT_STATES[state], states.count(state)) for state in STATES if state in states]


def _address(path: str, here: dict[str, str], key: str) -> Callable[[int], str]:
    """Return what gives the address of a part; the other list stays where it is."""
    kept = {name: number for name, number in here.items() if number != "1"}
    return lambda number: f"{query(path, kept, **{key: str(number) if number > 1 else ''})}#{key}"


def _comment(comment: JsonObject, people: People) -> JsonDict:
    return {
        "by": people.name(text(comment.get("by"))),
        "at": text(comment.get("at"), 40),
        "text": text(comment.get("text"), _LONGEST_COMMENT),
    }
