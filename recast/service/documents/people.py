"""People as the service answers them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

__all__ = ["Me", "PersonDocument"]


class _Roles(BaseModel):
    user: str
    roles: list[str]
    contact_of: list[str]
    coordinator_of: list[str]
    name: str


class Me(_Roles):
    """Who asks. `user` is empty for a stranger; `scopes` are those of the token, null for no such
    limit; `watching` are the analyses of whose requests you are told."""

    how: Literal["nobody", "token", "session", "link"]
    scopes: list[str] | None
    watching: list[str]


class PersonDocument(_Roles):
    """A person whom the service knows."""

    email: str
    created: str
