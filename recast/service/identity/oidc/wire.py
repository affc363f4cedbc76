"""Calls to the provider: by Authlib's client, over a transport that no server can hold up or fill."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client

from recast.errors import NetworkError
from recast.json_types import JsonObject
from recast.masked import masked_url
from recast.remote.wire import transport_for
from recast.service.identity.oidc.faults import ProviderDown
from recast.service.identity.settings import OidcSettings

__all__ = ["called", "client_of", "json_at", "json_of"]

MOST_BYTES = 1 << 20

T = TypeVar("T")


def client_of(settings: OidcSettings, auth_method: str | None = None) -> OAuth2Client:
    """Return a client that identifies this service to the provider. It follows no redirect, and is closed by `with`."""
    return OAuth2Client(
        client_id=settings.client_id,
        client_secret=settings.client_secret or None,
        token_endpoint_auth_method=auth_method,
        code_challenge_method="S256",
        scope=settings.scopes,
        timeout=settings.timeout_s,
        transport=_Short(transport_for(settings.issuer, settings.timeout_s)),
        trust_env=False,
        headers={"Accept": "application/json", "Accept-Encoding": "identity"},
    )


def called(where: str, call: Callable[[], T]) -> T:
    """Return what a call to the provider returns; what goes wrong on the way becomes ProviderDown.

    An OAuthError, the provider's own no, goes through.
    """
    try:
        return call()
    except OAuthError:
        raise
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, NetworkError, OSError) as problem:
        raise ProviderDown(masked_url(where), f"{type(problem).__name__}: {problem}") from problem
    except (ValueError, TypeError, OverflowError, RecursionError) as problem:
        raise ProviderDown(
            masked_url(where), f"The answer is not what it should be ({type(problem).__name__})."
        ) from problem


def json_at(client: OAuth2Client, url: str, token: str = "") -> JsonObject:
    """Return the JSON object at a URL of the provider; raise ProviderDown. `token` is an access token."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return json_of(called(url, lambda: client.request("GET", url, withhold_token=True, headers=headers)))


def json_of(response: httpx2.Response) -> JsonObject:
    """Return the JSON object of a successful answer; raise ProviderDown."""
    where = masked_url(str(response.url))
    if response.status_code != 200:
        raise ProviderDown(where, f"It answers {response.status_code}.")
    found: Any = called(where, response.json)
    if not isinstance(found, dict):
        raise ProviderDown(where, "The answer is not a JSON object.")
    return found


class _Short(httpx2.BaseTransport):
    """A transport that takes short answers only, and none that unpacks to something else."""

    def __init__(self, inner: httpx2.HTTPTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = self._inner.handle_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            response.close()
            raise httpx2.ReadError("the answer is packed, and nobody asked for that")
        stream = _Counted(response.stream)
        return httpx2.Response(response.status_code, headers=response.headers, stream=stream, request=request)

    def close(self) -> None:
        self._inner.close()


class _Counted(httpx2.SyncByteStream):
    """The bytes of an answer, as long as there are not too many."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        left = MOST_BYTES
        for piece in self._stream:
            left -= len(piece)
            if left < 0:
                raise httpx2.ReadError(f"the answer has more than {MOST_BYTES} bytes")
            yield piece

    def close(self) -> None:
        self._stream.close()
