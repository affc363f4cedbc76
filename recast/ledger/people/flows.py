"""Logins that have begun at a provider: what must come back, once, to the browser that left."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from recast.ledger.people.secret_texts import digest_of
from recast.ledger.people.tables import FLOWS
from recast.moments import plus

__all__ = ["LIFE_S", "Begun", "Flow", "begin_flow", "end_flow"]

LIFE_S = 900


@dataclass(frozen=True, slots=True)
class Begun:
    """A login that begins: `state` goes to the provider, `browser` into a cookie."""

    state: str
    browser: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Flow:
    """What a login that comes back has to fit."""

    nonce: str
    verifier: str
    return_to: str


def begin_flow(connection: Connection, return_to: str, now: str) -> Begun:
    """Note a login that begins, and remove those that never came back."""
    connection.execute(delete(FLOWS).where(FLOWS.c.expires <= now))
    begun = Begun(
        state=secrets.token_urlsafe(32),
        browser=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
    )
    row = {"state": digest_of(begun.state), "browser": digest_of(begun.browser), "return_to": return_to}
    row |= {"nonce": begun.nonce, "verifier": begun.verifier, "expires": plus(now, LIFE_S)}
    connection.execute(insert(FLOWS).values(row))
    return begun


def end_flow(connection: Connection, state: str, browser: str, now: str) -> Flow | None:
    """Return the login that comes back with `state` to the browser that began it, once; None for anything else.

    A state that comes to another browser (login CSRF) is not used up: the browser that it belongs to may still come.
    """
    ours = (FLOWS.c.state == digest_of(state)) & (FLOWS.c.browser == digest_of(browser)) & (FLOWS.c.expires > now)
    row = connection.execute(select(FLOWS).where(ours)).first()
    if row is None or not connection.execute(delete(FLOWS).where(ours)).rowcount:
        return None
    return Flow(row._mapping["nonce"], row._mapping["verifier"], row._mapping["return_to"])
