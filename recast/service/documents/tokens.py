"""Tokens as clients ask for them, and as they are answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from recast.json_types import JsonDict

__all__ = ["NewToken", "TokenList", "TokenMade"]

Scope = Literal["read", "request", "answer", "review", "operate", "admin"]
_DAY_S = 86400
_WANTED: JsonDict = {"name": "laptop", "scopes": ["read", "request"], "expires_in_s": 90 * _DAY_S}


class NewToken(BaseModel):
    """What a token is for, what it may do, and how long."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_WANTED]})

    name: Annotated[str, Field(min_length=1, max_length=80)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=10)]
    expires_in_s: Annotated[int, Field(ge=60, le=366 * _DAY_S)] = 90 * _DAY_S


class TokenDocument(BaseModel):
    """What is known of a token."""

    id: str
    name: str
    scopes: list[str]
    created: str
    expires: str
    used: str


class TokenMade(TokenDocument):
    """A new token. `token` is null when the answer is repeated for the same Idempotency-Key."""

    token: str | None


class TokenList(BaseModel):
    """The tokens of one user."""

    items: list[TokenDocument]
    next: None
    total: int
