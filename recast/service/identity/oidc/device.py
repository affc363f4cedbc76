"""The login of a command line: a code that the person enters at the provider, in a browser wherever they have one.

Nothing is kept here between two calls: the command line holds the provider's device code, which only this service can
exchange if it has a secret at the provider, and which is worth nothing before the person has said yes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client

from recast.errors import NotFound
from recast.json_types import JsonObject
from recast.ledger.people.users import User
from recast.service.identity.gate import Gate
from recast.service.identity.oidc.browser import known_as
from recast.service.identity.oidc.claims import person_of
from recast.service.identity.oidc.faults import ProviderDown, ProviderLies, login_refused
from recast.service.identity.oidc.provider import Metadata, Provider
from recast.service.identity.oidc.wire import called, client_of, json_of
from recast.worker.remote.guard import may_carry_secrets

__all__ = ["Pending", "begin_device", "poll_device"]

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_LONGEST_CODE = 2000
_WAITS = {"authorization_pending": 0, "slow_down": 5}


@dataclass(frozen=True, slots=True)
class Pending:
    """The person has not decided yet; ask again after `more_s` seconds more than the interval."""

    more_s: int


def begin_device(provider: Provider) -> JsonObject:
    """Begin a login and return what the command line shows and keeps: `device`, `user_code`, `verification_uri`,
    `verification_uri_complete` (empty for none), `interval_s`, `expires_in_s`.

    Raises NotFound if the provider has no device flow, ProviderDown or ProviderLies.
    """
    metadata = _with_devices(provider)
    with _client(provider, metadata) as client:
        found = json_of(called(metadata.device, lambda: _asked(client, metadata.device, provider.settings.scopes)))
    return {
        "device": _text(found, "device_code", metadata.device, _LONGEST_CODE),
        "user_code": _text(found, "user_code", metadata.device, 40),
        "verification_uri": _address(found, "verification_uri", metadata.device),
        "verification_uri_complete": (
            _address(found, "verification_uri_complete", metadata.device)
            if "verification_uri_complete" in found
            else ""
        ),
        "interval_s": _seconds(found.get("interval"), 5, 60),
        "expires_in_s": _seconds(found.get("expires_in"), 600, 3600),
    }


def poll_device(gate: Gate, provider: Provider, device: str, now_s: float) -> User | Pending:
    """Return the user who said yes, or that they have not decided; raise PermissionDenied if they said no, or the
    code is wrong or too old. Raises ProviderDown or ProviderLies.
    """
    metadata = _with_devices(provider)
    try:
        with _client(provider, metadata) as client:
            answer = called(
                metadata.token,
                lambda: client.fetch_token(metadata.token, grant_type=_GRANT, device_code=device[:_LONGEST_CODE]),
            )
    except OAuthError as problem:
        if problem.error in _WAITS:
            return Pending(_WAITS[problem.error])
        raise login_refused(f"The provider says: {str(problem.error)[:60]}.") from problem
    return known_as(gate, provider, person_of(provider, answer, "", now_s))


def _with_devices(provider: Provider) -> Metadata:
    metadata = provider.metadata()
    if not metadata.device:
        raise NotFound(
            "The login service has no device flow",
            where=provider.settings.issuer,
            next_step="log in with a browser, make a token there, and give it: recast login URL --token-file FILE",
        )
    return metadata


def _client(provider: Provider, metadata: Metadata) -> OAuth2Client:
    return client_of(provider.settings, metadata.auth_method(bool(provider.settings.client_secret)))


def _asked(client: OAuth2Client, url: str, scopes: str) -> httpx2.Response:
    """Ask for a code; with a secret, prove who we are as at the token endpoint (RFC 8628, 3.1)."""
    auth = client.client_auth(client.token_endpoint_auth_method)
    answer: httpx2.Response = client.request("POST", url, data={"scope": scopes}, auth=auth, withhold_token=True)
    return answer


def _text(found: JsonObject, name: str, where: str, longest: int) -> str:
    value: Any = found.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isascii() or not value.isprintable():
        raise ProviderDown(where, f"There is no {name} in its answer.")
    return value


def _address(found: JsonObject, name: str, where: str) -> str:
    """Return an address that a person is asked to open: one where they may enter a password."""
    url = _text(found, name, where, 1000)
    if not may_carry_secrets(url):
        raise ProviderLies(where, f"Its {name} is not an https:// URL.")
    return url


def _seconds(value: Any, usual: int, most: int) -> int:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= most
    return max(1, int(value)) if fits else usual
