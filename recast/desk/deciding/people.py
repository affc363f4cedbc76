"""Those around a request: discussion, subscriptions, invitations, claims, and who may read it."""

from __future__ import annotations

from collections.abc import Callable

from recast.desk.asking import Asked, wrong
from recast.desk.deciding.visitors import is_visitor
from recast.desk.model import AUDIENCES
from recast.desk.refusals import Refused
from recast.json_types import JsonDict

__all__ = ["PEOPLE"]

_MOST_COMMENTS = 2000
_MOST_INVITED = 200
_MOST_OF_A_VISITOR = 50
"""Nobody fills up the discussion of other people's requests."""


def _comment(asked: Asked) -> JsonDict:
    if len(asked.request.comments) >= _MOST_COMMENTS:
        raise wrong(f"A discussion has at most {_MOST_COMMENTS} contributions")
    own = sum(comment.by == asked.actor.user for comment in asked.request.comments)
    if own >= _MOST_OF_A_VISITOR and is_visitor(asked):
        raise wrong(f"Who has no part in a request contributes at most {_MOST_OF_A_VISITOR} times to its discussion")
    return {"id": f"c{len(asked.request.comments) + 1}", "text": asked.text("text", needed=True)}


def _subscribe(asked: Asked) -> JsonDict | None:
    return None if asked.actor.user in asked.request.subscribers else {}


def _unsubscribe(asked: Asked) -> JsonDict | None:
    return {} if asked.actor.user in asked.request.subscribers else None


def _claim(asked: Asked) -> JsonDict | None:
    if asked.request.claimed_by == asked.actor.user:
        return None
    if asked.request.claimed_by:
        raise wrong("Somebody else has claimed this already")
    return {"reason": asked.text("reason")}


def _unclaim(asked: Asked) -> JsonDict | None:
    return {"reason": asked.text("reason")} if asked.request.claimed_by else None


def _invite(asked: Asked) -> JsonDict | None:
    user = asked.text("user", needed=True, most=100, lines=False)
    if len(asked.request.readers) >= _MOST_INVITED:
        raise wrong(f"At most {_MOST_INVITED} people can be invited")
    return None if user in asked.request.readers else {"user": user}


def _uninvite(asked: Asked) -> JsonDict | None:
    user = asked.text("user", needed=True, most=100, lines=False)
    return {"user": user} if user in asked.request.readers else None


def _publish(asked: Asked) -> JsonDict | None:
    audience = asked.text("audience", needed=True, most=20, lines=False)
    if audience not in AUDIENCES:
        raise wrong(f"The audience is one of {', '.join(AUDIENCES)}")
    if asked.request.restricted and audience != "private":
        raise Refused("You may not publish this", why=f"a moderator restricted it: {asked.request.state_reason}")
    return {"audience": audience} if audience != asked.request.audience else None


def _restrict(asked: Asked) -> JsonDict | None:
    if asked.request.restricted:
        return None
    return {"audience": "private", "restricted": True, "reason": asked.text("reason", needed=True)}


PEOPLE: dict[str, Callable[[Asked], JsonDict | None]] = {
    "comment": _comment,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "claim": _claim,
    "unclaim": _unclaim,
    "invite": _invite,
    "uninvite": _uninvite,
    "publish": _publish,
    "restrict": _restrict,
}
