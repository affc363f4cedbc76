"""An ID token: who signed it, for whom, when, and whom it is about. Nothing is believed before all is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError

from recast.service.identity.oidc.faults import ProviderLies
from recast.service.identity.oidc.provider import Provider
from recast.service.identity.oidc.wire import client_of, json_at

__all__ = ["CLOCKS_APART_S", "Person", "person_of"]

CLOCKS_APART_S = 300
"""The provider's clock and ours may differ by this much. A token is fresh anyway: it comes straight from there."""

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
_LONGEST_TOKEN = 20_000


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a provider has logged in. Only `subject` identifies; name and address are what it shows."""

    subject: str
    name: str
    email: str


def person_of(provider: Provider, answer: Mapping[str, Any], nonce: str, now_s: float) -> Person:
    """Return whom the answer of the token endpoint is about; raise ProviderLies or ProviderDown.

    `nonce` is that of this login; empty for a device, where the token comes by no browser.
    """
    claims = _checked(provider, answer, nonce, now_s)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
        raise ProviderLies(provider.settings.issuer, "Its token is about nobody.")
    told = {**_userinfo(provider, answer, subject, claims), **claims}
    return Person(subject, _name(told) or subject, _email(told))


def _checked(provider: Provider, answer: Mapping[str, Any], nonce: str, now_s: float) -> Mapping[str, Any]:
    """Return the claims of an ID token whose signature, issuer, audience, times, nonce and access token fit."""
    issuer = provider.settings.issuer
    text = answer.get("id_token")
    if not isinstance(text, str) or len(text) > _LONGEST_TOKEN:
        raise ProviderLies(issuer, "There is no ID token in its answer.")
    try:
        return _verified(provider, text, _given(provider, answer, nonce), now_s)
    except (JoseError, ValueError, TypeError, OverflowError, RecursionError) as problem:
        raise ProviderLies(issuer, f"Its token is not accepted: {_said(problem)}") from problem


def _verified(provider: Provider, text: str, given: dict[str, Any], now_s: float) -> Mapping[str, Any]:
    header = jws.extract_compact(text.encode()).headers()
    algorithm = str(header.get("alg"))
    if algorithm not in ALGORITHMS:
        raise ProviderLies(provider.settings.issuer, f"Its token is signed by {algorithm[:20]!r}.")
    key = provider.key(str(header.get("kid") or ""), algorithm)
    token = jwt.decode(text, key, algorithms=[algorithm])
    claims = CodeIDToken(token.claims, token.header, _wanted(provider), given)
    claims.validate(now=int(now_s), leeway=CLOCKS_APART_S)
    return dict(claims)


def _wanted(provider: Provider) -> dict[str, Any]:
    return {
        "iss": {"essential": True, "value": provider.settings.issuer},
        "aud": {"essential": True, "value": provider.settings.client_id},
        "exp": {"essential": True},
        "iat": {"essential": True},
        "sub": {"essential": True},
    }


def _given(provider: Provider, answer: Mapping[str, Any], nonce: str) -> dict[str, Any]:
    given = {"client_id": provider.settings.client_id, "access_token": answer.get("access_token")}
    return given | ({"nonce": nonce} if nonce else {})


def _userinfo(
    provider: Provider, answer: Mapping[str, Any], subject: str, claims: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return what the provider says besides, where the token has no name; only if it is about the same person."""
    url, access = provider.metadata().userinfo, answer.get("access_token")
    if not url or _name(claims) or not isinstance(access, str):
        return {}
    with client_of(provider.settings) as client:
        found = json_at(client, url, access)
    if found.get("sub") != subject:
        raise ProviderLies(url, "It tells of another person than the token.")
    return found


def _name(claims: Mapping[str, Any]) -> str:
    texts = (claims.get(name) for name in ("name", "preferred_username"))
    return next((text for text in texts if isinstance(text, str) and text.strip()), "")


def _email(claims: Mapping[str, Any]) -> str:
    """Return an address that the provider has verified: an unverified one may be anybody's, who would get our mail."""
    email = claims.get("email")
    fits = isinstance(email, str) and email.isascii() and email.isprintable() and email.count("@") == 1
    whole = fits and all(str(email).split("@"))
    return str(email) if whole and claims.get("email_verified") is True else ""


def _said(problem: Exception) -> str:
    claim = getattr(problem, "claim", "")
    if claim in ("exp", "iat", "nbf"):
        return (
            f"its time ({claim}) is more than {CLOCKS_APART_S // 60} minutes off; compare the clocks of both machines."
        )
    return f"{type(problem).__name__} {claim}".strip() + "."
