"""What the routes of login take and answer, as the OpenAPI document describes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from recast.ledger.people.tokens import LOGIN_SCOPES

__all__ = ["Begun", "DeviceCode", "LoggedIn", "NameAndPassword", "StillPending", "Ways"]

Scope = Literal["read", "request", "answer", "review", "operate", "admin"]
ScopeOfDevice = Literal["read", "request", "answer", "review"]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=80, description="What the new token is called")] = (
        "recast login"
    )


class NameAndPassword(_Asked):
    """A local account."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"login": "ann", "password": "some words of yours"}]})

    scopes: Annotated[list[Scope], Field(min_length=1, max_length=10)] = list(LOGIN_SCOPES)  # type: ignore[arg-type]
    login: Annotated[str, Field(min_length=1, max_length=64, examples=["ann"])]
    password: Annotated[str, Field(min_length=1, max_length=1024, json_schema_extra={"format": "password"})]


class DeviceCode(_Asked):
    """What `POST /login/device` gave. The scopes of operators and administrators are not had this way: who enters a
    code at the provider does not see what the token that it makes may do, and the code may be somebody else's.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"device": "what POST /login/device gave"}]})

    scopes: Annotated[list[ScopeOfDevice], Field(min_length=1, max_length=10)] = list(LOGIN_SCOPES)  # type: ignore[arg-type]
    device: Annotated[str, Field(min_length=1, max_length=2000)]


class Provider(BaseModel):
    """The OIDC provider of the service."""

    name: str


class Ways(BaseModel):
    """How one can log in here."""

    local: bool
    oidc: Provider | None


class Begun(BaseModel):
    """A login that has begun: the person opens the address and enters the code."""

    device: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    interval_s: int
    expires_in_s: int


class StillPending(BaseModel):
    """The person has not decided yet."""

    state: Literal["pending"]
    more_s: int = Field(description="Wait this much longer than the interval from now on")


class LoggedIn(BaseModel):
    """A token of the person who has logged in; shown once."""

    token: str
    token_id: str
    name: str
    scopes: list[str]
    expires: str
    user: str
    user_id: str
