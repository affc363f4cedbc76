"""Connections to one registry and to the servers that it names: which scheme, which certificates, which addresses."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from recast.errors import PermissionDenied
from recast.registry.settings import Settings
from recast.registry.tls import tls_context
from recast.remote.guard import is_loopback, public_address
from recast.remote.hosts import origin_of

if TYPE_CHECKING:
    import httpx2

__all__ = ["Transport"]


class Transport:
    """Sends requests to `host`, with connections kept open, and to others with one of their own; thread-safe.

    Nothing is opened before the first use. `plain` says that the user lets this registry be spoken to in the clear.
    """

    def __init__(self, host: str, how: Settings, *, plain: bool) -> None:
        self._host, self._how, self._plain = host, how, plain
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
        in_clear = self._plain or (is_loopback(self._host) and not _speaks_tls(self._host, self._how.timeout_s))
        return f"{'http' if in_clear else 'https'}://{self._host}"

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
    def _reached(self, url: str, headers: dict[str, str]) -> Iterator[tuple[httpx2.Client, Any, dict[str, Any]]]:
        """Yield the client to use, the URL to give it, and its extensions.

        A server that the registry names must have a public address, unless the registry itself is of this network.
        """
        import httpx2

        if self.is_own(url):
            yield self._own_client(), url, {}
            return
        address = public_address(url, () if self._is_public else [origin_of(url)])
        target, extensions = httpx2.URL(url), {}
        verify = tls_context(target.netloc.decode("ascii"))
        if address is not None:
            headers["Host"] = target.netloc.decode("ascii")
            extensions["sni_hostname"] = target.host
            target = target.copy_with(host=address)
        with httpx2.Client(timeout=self._how.timeout_s, verify=verify) as client:
            yield client, target, extensions

    def _own_client(self) -> httpx2.Client:
        import httpx2

        with self._lock:
            if self._client is None:
                limits = httpx2.Limits(max_connections=self._how.parallel + 2)
                self._client = httpx2.Client(timeout=self._how.timeout_s, verify=tls_context(self._host), limits=limits)
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
