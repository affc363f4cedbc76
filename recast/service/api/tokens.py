"""Tokens of programs: made, listed, revoked by their owner; the secret is shown once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from sqlalchemy import Connection
from starlette.responses import Response

from recast.desk.objects import Token as TokenThing
from recast.json_types import JsonDict
from recast.ledger.people.tokens import issue_token, revoke_token, token_of
from recast.service.api.described import Answers, Key
from recast.service.asked import Asked, AskedNow
from recast.service.documents.tokens import NewToken, TokenList, TokenMade
from recast.service.http.answers import answer
from recast.service.http.json_body import DeskRoute
from recast.service.routes import API
from recast.service.told import token_told, tokens_told

__all__ = ["router", "token_ended", "token_made"]

router = APIRouter(prefix=f"{API}/tokens", tags=["tokens"], route_class=DeskRoute)
_LIST: Answers = {200: {"model": TokenList, "description": "Your tokens that still work"}}
_MADE: Answers = {201: {"model": TokenMade, "description": "The token, which is never shown again"}}
_GONE: Answers = {204: {"description": "It works no more"}}
TokenId = Annotated[str, Path(max_length=40, description="The id of a token.")]


@router.get("", responses=_LIST)
def list_tokens(asked: AskedNow) -> Response:
    """List your tokens that still work; their secrets are kept nowhere."""
    asked.must(TokenThing(asked.actor.user))
    return answer(tokens_told(asked))


@router.post("", status_code=201, responses=_MADE)
def make_token(asked: AskedNow, wanted: NewToken, key: Key = None) -> Response:
    """Make a token with no more scopes than you have. The answer to a repeated key has no secret."""
    made = token_made(asked, wanted)
    return answer(made, 201, {"Location": asked.url(f"/tokens/{made['id']}")})


@router.delete("/{id}", status_code=204, responses=_GONE)
def end_token(asked: AskedNow, id: TokenId) -> Response:
    """Revoke a token of yours, and all that were made with it."""
    token_ended(asked, id)
    return Response(status_code=204)


def token_made(asked: Asked, wanted: NewToken) -> JsonDict:
    """Make a token, and return it with its secret; without, if its key comes again."""
    asked.must(TokenThing(asked.actor.user, frozenset(wanted.scopes)))

    def make(connection: Connection) -> JsonDict:
        terms = (wanted.name, wanted.scopes, wanted.expires_in_s, asked.now, asked.visitor.token)
        secret, token = issue_token(connection, asked.actor, *terms)
        return {**token_told(token), "token": secret}

    return asked.change(make, lambda said: {**said, "token": None})


def token_ended(asked: Asked, id: str) -> None:
    """Let a token of whoever asks, and all that were made with it, work no more; raise NotFound."""
    with asked.parts.ledger.writing() as connection, asked.alike():
        token = token_of(connection, asked.actor.user, id)
        asked.must(TokenThing(token.user, frozenset(token.scopes)))
        revoke_token(connection, token.user, id, asked.actor.user, asked.now)
