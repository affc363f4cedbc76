"""Connections to one registry and to the servers that it names: which scheme, which certificates, which addresses."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from recast.errors import PermissionDenied
from recast.json_types import JsonDict
from recast.registry.http.tls import tls_context
from recast.registry.settings import Settings
from recast.remote.guard import is_loopback, public_address
from recast.remote.hosts import origin_of

if TYPE_CHECKING:
    import httpx2

__all__ = ["Transport"]


class Transport:
    """Sends requests to `host`, with connections kept open, and to others with one of their own; thread-safe.

    Nothing is opened before the first use. `plain` says that the user lets this registry be spoken to in the clear,
    `only_public` that an untrusted document named it, so that it must have public addresses.
    """

    def __init__(self, host: str, how: Settings, *, plain: bool, only_public: bool = False) -> None:
        self._host, self._how, self._plain, self._only_public = host, how, plain, only_public
        self._lock = threading.Lock()
        self._client: httpx2.Client | None = None

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None

    @cached_property
    def base(self) -> str:
        """The registry as a URL: https; http where the user says so, or nobody of this machine speaks TLS there."""
        self.judge()
        in_clear = self._plain or (is_loopback(self._host) and not _speaks_tls(self._host, self._how.timeout_s))
        return f"{'http' if in_clear else 'https'}://{self._host}"

    def judge(self) -> str | None:
        """Return the fixed address of a registry that an untrusted document named; None for any address.

        Raises PermissionDenied for one in the local network, NetworkError for a name that is not found.
        """
        return self._judged

    @cached_property
    def _judged(self) -> str | None:
        if not self._only_public:
            return None
        try:
            return public_address(f"https://{self._host}", ())
        except PermissionDenied as problem:
            problem.what = "A spec from elsewhere names a registry in the local network"
            problem.next_step = f"if you trust it, name it yourself: export RECAST_OWN_REGISTRIES={self._host}"
            raise

    def is_own(self, url: str) -> bool:
        """Return whether a URL belongs to the registry itself."""
        return origin_of(url) == origin_of(self.base)

    @contextlib.contextmanager
    def sent(
        self, method: str, url: str, headers: Mapping[str, str], content: Iterator[bytes] | None
    ) -> Iterator[httpx2.Response]:
        """Send one request and yield its answer, the body unread; no redirect is followed."""
        own = dict(headers)
        with (
            self._reached(url, own) as (client, address, extensions),
            client.stream(method, address, headers=own, content=content, extensions=extensions) as answer,
        ):
            yield answer

    @contextlib.contextmanager
    def _reached(self, url: str, headers: dict[str, str]) -> Iterator[tuple[httpx2.Client, Any, JsonDict]]:
        """Yield the client to use, the URL to give it, and its extensions.

        A server that the registry names must have a public address, unless the registry itself is of this network.
        """
        import httpx2

        from recast.remote.wire import client_for

        own = self.is_own(url)
        address = self.judge() if own else public_address(url, () if self._is_public else [origin_of(url)])
        target, extensions = httpx2.URL(url), {}
        verify = tls_context(target.netloc.decode("ascii")) if not own else True
        if address is not None:
            headers["Host"] = target.netloc.decode("ascii")
            extensions["sni_hostname"] = target.host
            target = target.copy_with(host=address)
        if own:
            yield self._own_client(), target, extensions
            return
        with client_for(url, self._how.timeout_s, verify) as client:
            yield client, target, extensions

    def _own_client(self) -> httpx2.Client:
        from recast.remote.wire import client_for

        with self._lock:
            if self._client is None:
                most, verify = self._how.parallel + 2, tls_context(self._host)
                self._client = client_for(self.base, self._how.timeout_s, verify, most)
            return self._client

    @cached_property
    def _is_public(self) -> bool:
        try:
            public_address(self.base, ())
        except PermissionDenied:
            return False
        return True


def _speaks_tls(host: str, timeout_s: float) -> bool:
    """Return whether a server of this machine answers a TLS greeting, whatever its certificate."""
    import socket
    import ssl

    name, _, port = host.rpartition(":") if not host.endswith("]") and ":" in host else (host, "", "443")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((name.strip("[]"), int(port)), timeout_s) as plain,
            context.wrap_socket(plain, server_hostname=name.strip("[]")),
        ):
            return True
    except (OSError, ValueError):
        return False
