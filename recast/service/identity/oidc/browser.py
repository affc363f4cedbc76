"""The login of a browser: away to the provider with PKCE, back with a code, once, to the browser that left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from authlib.integrations.base_client import OAuthError

from recast.errors import PermissionDenied
from recast.ledger.people.flows import Flow, begin_flow, end_flow
from recast.ledger.people.tokens import check_not_blocked
from recast.ledger.people.users import User, user_of_provider
from recast.service.identity.gate import Gate
from recast.service.identity.oidc.claims import Person, person_of
from recast.service.identity.oidc.faults import login_refused
from recast.service.identity.oidc.provider import Provider
from recast.service.identity.oidc.wire import called, client_of

__all__ = ["Away", "begin", "come_back", "known_as"]

RETURN_PATH = "/login/oidc/return"
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Away:
    """Where a browser is sent, and what it has to keep in a cookie until it comes back."""

    url: str
    browser: str


def begin(gate: Gate, provider: Provider, return_to: str, base: str) -> Away:
    """Begin a login; `base` is the service's URL as this browser knows it, `return_to` a path that was judged."""
    metadata = provider.metadata()
    with gate.ledger.writing() as connection:
        begun = begin_flow(connection, return_to, gate.now())
    with client_of(provider.settings) as client:
        url, _ = client.create_authorization_url(
            metadata.authorization,
            state=begun.state,
            nonce=begun.nonce,
            code_verifier=begun.verifier,
            redirect_uri=base + RETURN_PATH,
        )
    return Away(url, begun.browser)


def come_back(
    gate: Gate, provider: Provider, query: Mapping[str, str], browser: str, base: str, now_s: float
) -> tuple[User, str]:
    """End a login; return the user and where they wanted to go.

    Raises PermissionDenied for one that nobody began in this browser, that was begun too long ago, or that came back
    before; ProviderDown; ProviderLies.
    """
    with gate.ledger.writing() as connection:
        flow = end_flow(connection, query.get("state", "")[:_LONGEST], browser, gate.now())
    if flow is None:
        raise login_refused("Nobody began it in this browser, or it was begun too long ago, or it came back before.")
    if query.get("iss", provider.settings.issuer) != provider.settings.issuer:  # RFC 9207: a mix-up of providers
        raise login_refused("It comes back from another provider.")
    if "error" in query or not query.get("code"):
        raise login_refused(f"The provider says: {query.get('error', 'nothing')[:60]}.")
    person = _exchanged(provider, query["code"][:_LONGEST], flow, base, now_s)
    return known_as(gate, provider, person), flow.return_to


def known_as(gate: Gate, provider: Provider, person: Person) -> User:
    """Return the user that a person is here, made at the first login; raise PermissionDenied if blocked."""
    about = (provider.settings.issuer, person.subject, person.name, person.email, gate.now())
    user = gate.ledger.write(lambda connection: user_of_provider(connection, *about))
    check_not_blocked(user.blocked)
    return user


def _exchanged(provider: Provider, code: str, flow: Flow, base: str, now_s: float) -> Person:
    metadata = provider.metadata()
    method = metadata.auth_method(bool(provider.settings.client_secret))
    try:
        with client_of(provider.settings, method) as client:
            answer = called(
                metadata.token,
                lambda: client.fetch_token(
                    metadata.token,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=flow.verifier,
                    redirect_uri=base + RETURN_PATH,
                ),
            )
    except OAuthError as problem:
        raise _said_no(problem) from problem
    return person_of(provider, answer, flow.nonce, now_s)


def _said_no(problem: OAuthError) -> PermissionDenied:
    return login_refused(f"The provider says: {str(problem.error)[:60]}.")
