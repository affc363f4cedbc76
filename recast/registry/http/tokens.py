"""Proofs for a registry: HTTP Basic, or bearer tokens fetched once for each scope and used until they expire."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from recast.errors import NetworkError, RecastError
from recast.registry.http.challenge import Challenge
from recast.registry.http.credentials import Credentials
from recast.remote.exchange import redirect_target
from recast.remote.guard import check_redirect, may_carry_secrets
from recast.remote.hosts import shown
from recast.strictjson import parse_json

__all__ = ["TokenCall", "Tokens"]

_LARGEST_TOKEN = 64 << 10
_SHORTEST_LIFE_S = 60.0

TokenCall = Callable[[str, Mapping[str, str], bytes | None], bytes]
"""Ask a token server: (url, headers, form or None) -> the body of its answer."""


@dataclass(frozen=True, slots=True)
class _Token:
    header: str
    until: float


class Tokens:
    """The proofs for one registry at `base` (`https://host`), made from credentials or for anybody; thread-safe.

    To a registry that is spoken to in the clear go no credentials, nor anything that was made from them.
    """

    def __init__(self, base: str, credentials: Credentials | None, call: TokenCall) -> None:
        self._base, self._call = base, call
        self._withheld = credentials.source if credentials is not None and not may_carry_secrets(base) else ""
        self._credentials = None if self._withheld else credentials
        self._tokens: dict[tuple[str, ...], _Token] = {}
        self._lock = threading.Lock()

    @property
    def standing(self) -> str:
        """Return how we stand with the registry if it refuses us, as a clause."""
        if self._withheld:
            return f"the credentials in {self._withheld} stay here, because the connection is not encrypted"
        known_as = self._credentials.source if self._credentials else ""
        return f"it does not accept the credentials in {known_as}" if known_as else "it wants to know who asks"

    def header(self, scopes: tuple[str, ...]) -> str | None:
        """Return the `Authorization` that fits, None if the registry has not asked for one yet."""
        token = self._tokens.get(scopes) or self._tokens.get(())
        return token.header if token is not None and time.monotonic() < token.until else None

    def answer(self, challenges: Sequence[Challenge], scopes: tuple[str, ...], rejected: str | None) -> bool:
        """Get a proof for the scopes; return whether a new try makes sense. `rejected` is what was just refused."""
        with self._lock:
            held = self.header(scopes)
            if held is not None and held != rejected:
                return True  # another thread was faster
            made = self._make(challenges, scopes)
            if made is None or made[1].header == rejected:
                return False
            self._tokens[made[0]] = made[1]
            return True

    def _make(self, challenges: Sequence[Challenge], scopes: tuple[str, ...]) -> tuple[tuple[str, ...], _Token] | None:
        by_scheme = {challenge.scheme: challenge for challenge in reversed(challenges)}
        if (bearer := by_scheme.get("bearer")) is not None and bearer.parameters.get("realm"):
            return scopes, self._fetch(bearer, scopes)
        if "basic" in by_scheme and self._credentials is not None and self._credentials.user:
            return (), _Token(self._credentials.basic, float("inf"))
        return None

    def _fetch(self, challenge: Challenge, scopes: tuple[str, ...]) -> _Token:
        realm = challenge.parameters["realm"]
        _check_realm(self._base, realm)
        asked = sorted({*scopes, *challenge.parameters.get("scope", "").split()} - {""})
        service = challenge.parameters.get("service", "")
        if self._credentials is not None and self._credentials.identity_token:
            form = {
                "grant_type": "refresh_token",
                "refresh_token": self._credentials.identity_token,
                "service": service,
                "client_id": "recast",
                "scope": " ".join(asked),
            }
            return _token(self._call(realm, {}, urlencode(form).encode()), realm)
        parts = urlsplit(realm)
        query = [*parse_qsl(parts.query), ("service", service), *(("scope", scope) for scope in asked)]
        url = parts._replace(query=urlencode([pair for pair in query if pair[1]])).geturl()
        headers = {"Authorization": self._credentials.basic} if self._credentials is not None else {}
        return _token(self._call(url, headers, None), realm)


def _check_realm(base: str, realm: str) -> None:
    """Refuse a token server to which a password would travel in the clear."""
    if not realm.startswith(("https://", "http://")):
        raise _nonsense(base, f"The place to get a token is not a URL: {realm:.200}")
    check_redirect(base, redirect_target(base, realm))


def _token(content: bytes, realm: str) -> _Token:
    try:
        said = parse_json(content)
        token = said.get("token") or said.get("access_token")
        life_s = said.get("expires_in") or _SHORTEST_LIFE_S
    except (ValueError, AttributeError, RecursionError) as problem:
        raise _nonsense(realm, str(problem)) from problem
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or len(token) > _LARGEST_TOKEN:
        raise _nonsense(realm, "There is no token in it.")
    if not isinstance(life_s, (int, float)):
        life_s = _SHORTEST_LIFE_S
    return _Token(f"Bearer {token}", time.monotonic() + max(_SHORTEST_LIFE_S, float(life_s)) * 0.8)


def _nonsense(realm: str, why: str) -> RecastError:
    return NetworkError("A token server's answer makes no sense", where=shown(realm), why=why, code="registry.token")
