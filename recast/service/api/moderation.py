"""Moderation: accounts are blocked and let in again, have quotas of their own, and are invited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path
from sqlalchemy import Connection
from starlette.responses import Response

from recast.desk.objects import Person
from recast.errors import NotFound
from recast.json_types import JsonDict
from recast.ledger.people.invitations import LIFE_S, invite
from recast.ledger.people.quotas import DEFAULTS, open_requests, room_of, set_quota
from recast.ledger.people.roles import actor_of_user
from recast.ledger.people.users import block_user, find_user, unblock_user
from recast.moments import plus
from recast.service.api.described import Answers, Key
from recast.service.asked import Asked, AskedNow
from recast.service.documents.moderation import Block, ModeratedPerson, NewInvitation, NewQuota, SentInvitation
from recast.service.http.answers import answer
from recast.service.http.json_body import DeskRoute
from recast.service.identity.local import check_local
from recast.service.routes import API

__all__ = ["router"]

router = APIRouter(prefix=API, tags=["people"], route_class=DeskRoute)
_PERSON: Answers = {200: {"model": ModeratedPerson, "description": "The person"}}
_INVITED: Answers = {
    201: {"model": SentInvitation, "description": "The address, to be sent to the person"},
    404: {"description": "There is no such person with a local account"},
}
UserId = Annotated[str, Path(max_length=40, description="The id of a person.")]


@router.get("/people/{user}/account", responses=_PERSON)
def read_account(asked: AskedNow, user: UserId) -> Response:
    """Read what somebody has used of their quotas, and whether they are blocked."""
    asked.must(Person(user))
    with asked.parts.ledger.reading() as connection, asked.alike():
        return answer(_account(asked, connection, user))


@router.post("/people/{user}/block", responses=_PERSON)
def block(asked: AskedNow, user: UserId, why: Block, key: Key = None) -> Response:
    """Accept nothing of an account any more: no login, no token, no session."""
    return _changed(asked, user, lambda it: block_user(it, user, why.reason, asked.actor.user, asked.now))


@router.post("/people/{user}/unblock", responses=_PERSON)
def unblock(asked: AskedNow, user: UserId, key: Key = None) -> Response:
    """Let a blocked account in again."""
    return _changed(asked, user, lambda it: unblock_user(it, user, asked.actor.user, asked.now))


@router.post("/people/{user}/quota", responses=_PERSON)
def give_quota(asked: AskedNow, user: UserId, quota: NewQuota, key: Key = None) -> Response:
    """Give somebody a quota of their own, or the site's default again."""
    return _changed(asked, user, lambda it: set_quota(it, user, quota.what, quota.most, asked.actor.user, asked.now))


@router.post("/invitations", status_code=201, responses=_INVITED)
def send_invitation(asked: AskedNow, wanted: NewInvitation, key: Key = None) -> Response:
    """Invite somebody to a local account, or let them set a new password; the address works once, for a day.

    The answer to a repeated key has no address.
    """
    asked.must()
    check_local(asked.parts.settings.identity)

    def send(connection: Connection) -> JsonDict:
        if wanted.user and not find_user(connection, wanted.user).login:
            raise NotFound("This person has no local account", where=wanted.user, next_step="they log in elsewhere")
        secret = invite(connection, asked.actor.user, asked.now, role=wanted.role, user=wanted.user)
        path = f"{asked.parts.settings.prefix}/login/invitation?code={secret}"
        return {"path": path, "expires": plus(asked.now, LIFE_S)}

    with asked.alike():
        return answer(asked.change(send, lambda said: {**said, "path": None}), 201)


def _changed(asked: Asked, user: str, change: Callable[[Connection], None]) -> Response:
    """Do what changes an account, once for each key, and return the account as it is then."""
    asked.must(Person(user))

    def do(connection: Connection) -> JsonDict:
        change(connection)
        return _account(asked, connection, user)

    with asked.alike():
        return answer(asked.change(do))


def _account(asked: Asked, connection: Connection, user: str) -> JsonDict:
    found, actor = find_user(connection, user), actor_of_user(connection, user)
    own = asked.parts.settings.identity.quotas
    known = {"open_requests": float(open_requests(connection, user))}
    rooms = [room_of(connection, user, what, asked.now, used=known.get(what), defaults=own) for what in DEFAULTS]
    return {
        "user": found.id,
        "name": found.name,
        "email": found.email,
        "created": found.created,
        "blocked": found.blocked,
        "roles": sorted(actor.roles),
        "contact_of": sorted(actor.contact_of),
        "coordinator_of": sorted(actor.coordinator_of),
        "quotas": [{"what": room.what, "used": room.used, "most": room.most} for room in rooms],
    }
