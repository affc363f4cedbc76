"""What a provider says of itself: its endpoints and its keys, fetched when needed, remembered, judged."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet

from recast.errors import RecastError
from recast.json_types import JsonObject
from recast.remote.guard import public_address
from recast.remote.hosts import origin_of
from recast.service.identity.oidc.faults import ProviderDown, ProviderLies
from recast.service.identity.oidc.wire import client_of, json_at
from recast.service.identity.settings import OidcSettings
from recast.worker.remote.guard import may_carry_secrets

__all__ = ["Metadata", "Provider"]

_FRESH_S = 3600.0
_KEYS_AGAIN_S = 10.0
"""A key that nobody knows makes us ask again, but not more often than this."""

_DOWN_S = 3.0
"""A provider that is down is not asked more often: each thread that waits for it is one less for everybody else."""

_MOST_KEYS = 100


@dataclass(frozen=True, slots=True)
class Metadata:
    """A provider's endpoints, all of them URLs that secrets may go to; `device` and `userinfo` are empty for none."""

    authorization: str
    token: str
    keys: str
    device: str = ""
    userinfo: str = ""
    auth_methods: tuple[str, ...] = ()

    def auth_method(self, has_secret: bool) -> str:
        """Return how this service proves to the provider who it is."""
        if not has_secret:
            return "none"
        offers = self.auth_methods or ("client_secret_basic",)
        return "client_secret_basic" if "client_secret_basic" in offers else "client_secret_post"


@dataclass
class _Remembered:
    metadata: Metadata | None = None
    metadata_at: float = float("-inf")
    failed: ProviderDown | None = None
    failed_at: float = float("-inf")
    keys: dict[str, Key] = field(default_factory=dict)
    keys_at: float = float("-inf")


class Provider:
    """One provider, for all threads of a process. `monotonic` never goes back, whatever happens to the clock."""

    def __init__(self, settings: OidcSettings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.settings, self._monotonic = settings, monotonic
        self._known, self._lock = _Remembered(), threading.Lock()

    def metadata(self) -> Metadata:
        """Return the endpoints; raise ProviderDown or ProviderLies. Those of an hour ago do if it is down now."""
        with self._lock:
            known, now = self._known, self._monotonic()
            if now - known.metadata_at > _FRESH_S and now - known.failed_at > _DOWN_S:
                try:
                    known.metadata, known.metadata_at = self._ask(), now
                except ProviderDown as problem:
                    known.failed, known.failed_at = problem, self._monotonic()
            if known.metadata is None:
                assert known.failed is not None
                raise ProviderDown(known.failed.where, known.failed.why)
            return known.metadata

    def key(self, key_id: str, algorithm: str) -> Key:
        """Return the key of an id that a signature names; raise ProviderDown, or ProviderLies if there is no such key.

        Keys rotate: one that is not known makes us ask again, and so does one that we have known for long.
        """
        jwks_uri = self.metadata().keys
        with self._lock:
            found = _fitting(self._known.keys, key_id, algorithm)
            age_s = self._monotonic() - self._known.keys_at
            if age_s > (_KEYS_AGAIN_S if found is None else _FRESH_S):
                self._known.keys, self._known.keys_at = self._ask_keys(jwks_uri), self._monotonic()
                found = _fitting(self._known.keys, key_id, algorithm)
        if found is None:
            raise ProviderLies(jwks_uri, "Its token names a key that it does not publish.")
        return found

    def _ask(self) -> Metadata:
        issuer = self.settings.issuer
        url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        with client_of(self.settings) as client:
            return _judged(json_at(client, url), issuer)

    def _ask_keys(self, url: str) -> dict[str, Key]:
        with client_of(self.settings) as client:
            found = json_at(client, url).get("keys")
        return _read_keys(found if isinstance(found, list) else [])


def _judged(document: JsonObject, issuer: str) -> Metadata:
    """Return the endpoints of a discovery document; raise ProviderLies for another issuer, or for unsafe endpoints."""
    if document.get("issuer") != issuer:
        raise ProviderLies(issuer, f"It says that it is {str(document.get('issuer'))[:200]!r}.")
    methods = document.get("token_endpoint_auth_methods_supported")
    return Metadata(
        authorization=_endpoint(document, "authorization_endpoint", issuer),
        token=_endpoint(document, "token_endpoint", issuer),
        keys=_endpoint(document, "jwks_uri", issuer),
        device=_endpoint(document, "device_authorization_endpoint", issuer, needed=False),
        userinfo=_endpoint(document, "userinfo_endpoint", issuer, needed=False),
        auth_methods=tuple(method for method in methods if isinstance(method, str))
        if isinstance(methods, list)
        else (),
    )


def _endpoint(document: JsonObject, name: str, issuer: str, *, needed: bool = True) -> str:
    """Return a URL of the document: on the issuer's own server, or on one that everybody can reach, encrypted."""
    url = document.get(name)
    if url is None and not needed:
        return ""
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or not may_carry_secrets(url):
        raise ProviderLies(issuer, f"Its {name} is not an https:// URL.")
    if urlsplit(issuer).scheme == "https" and urlsplit(url).scheme != "https":
        raise ProviderLies(issuer, f"Its {name} is not an https:// URL.")
    try:
        public_address(url, {origin_of(issuer)})
    except (RecastError, ValueError) as problem:
        raise ProviderLies(issuer, f"Its {name} is not used: {problem}.") from problem
    return url


def _read_keys(documents: list[Any]) -> dict[str, Key]:
    """Return the public keys for signatures, by id; what is none, or is symmetric, is left out."""
    found: dict[str, Key] = {}
    for number, document in enumerate(documents[:_MOST_KEYS]):
        if isinstance(document, dict) and document.get("kty") in _ALGORITHMS and document.get("use", "sig") == "sig":
            try:
                key: Key = KeySet.import_key_set({"keys": [document]}).keys[0]
            except (JoseError, ValueError, TypeError, KeyError):
                continue
            found[str(document.get("kid") or f" {number}")] = key
    return found


_ALGORITHMS: Mapping[str, tuple[str, ...]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA", "Ed25519"),
}
"""Signatures that only the holder of a private key can make: never `none`, never a shared secret."""


def _fitting(keys: Mapping[str, Key], key_id: str, algorithm: str) -> Key | None:
    """Return the key that a token's header names; without a name the only one that can be meant."""
    fit = {name: key for name, key in keys.items() if algorithm in _ALGORITHMS[str(key.key_type)]}
    if key_id:
        return fit.get(key_id)
    return next(iter(fit.values())) if len(fit) == 1 else None
