"""People: who one is, who there are, and what they are to analyses, collaborations and the service."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from starlette.responses import Response

from recast.desk.objects import Person
from recast.json_types import JsonDict
from recast.ledger.people.roles import actor_of_user, bond, unbond
from recast.ledger.people.users import find_user
from recast.service.api.described import Answers
from recast.service.asked import Asked, AskedNow
from recast.service.documents.people import Me, PersonDocument
from recast.service.http.answers import answer
from recast.service.http.json_body import DeskRoute
from recast.service.routes import API
from recast.service.told import me_told, roles_told

__all__ = ["router"]

router = APIRouter(prefix=API, tags=["people"], route_class=DeskRoute)
_ME: Answers = {200: {"model": Me, "description": "Who you are to the service"}}
_PERSON: Answers = {200: {"model": PersonDocument, "description": "The person"}}
UserId = Annotated[str, Path(max_length=40, description="The id of a person.")]
Kind = Annotated[Literal["role", "contact", "coordinator"], Path(description="What the person is or becomes.")]
To = Annotated[str, Path(max_length=128, description="A role, an analysis or a collaboration.")]


@router.get("/me", responses=_ME)
def me(asked: AskedNow) -> Response:
    """Say who you are to the service: nobody, too."""
    asked.must()
    return answer(me_told(asked))


@router.get("/people/{user}", responses=_PERSON)
def read_person(asked: AskedNow, user: UserId) -> Response:
    """Read what the service knows of a person: of yourself, or as an administrator."""
    return answer(_person(asked, user))


@router.put("/people/{user}/{kind}/{to}", responses=_PERSON)
def give(asked: AskedNow, user: UserId, kind: Kind, to: To) -> Response:
    """Give a role, or make somebody contact of an analysis or coordinator of a collaboration."""
    asked.must(Person(user))
    by, now = asked.actor.user, asked.now
    with asked.alike():
        asked.parts.ledger.write(lambda connection: bond(connection, kind, user, to, by, now))
    return answer(_person(asked, user))


@router.delete("/people/{user}/{kind}/{to}", responses=_PERSON)
def take(asked: AskedNow, user: UserId, kind: Kind, to: To) -> Response:
    """Take a role, a contact or a coordinator away."""
    asked.must(Person(user))
    with asked.parts.ledger.writing() as connection, asked.alike():
        unbond(connection, kind, user, to, asked.actor.user, asked.now)
    return answer(_person(asked, user))


def _person(asked: Asked, user: str) -> JsonDict:
    asked.must(Person(user))
    with asked.parts.ledger.reading() as connection, asked.alike():
        found, actor = find_user(connection, user), actor_of_user(connection, user)
    return {**roles_told(actor), "name": found.name, "email": found.email, "created": found.created}
