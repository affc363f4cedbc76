"""Requests to an OCI registry: URLs of blobs, and authentication (distribution specification, token flow)."""

from __future__ import annotations

import base64
import json
import re
import socket
import ssl
from urllib.parse import urlencode, urlsplit

from recast.worker.failure import Failure
from recast.worker.json_types import JsonDict
from recast.worker.remote.fetch import read_small
from recast.worker.remote.guard import is_loopback, may_carry_secrets
from recast.worker.remote.web import Proof, named

__all__ = ["RegistryProof", "base_url", "repository_of"]

_GREETING_S = 10.0
_HUB = "registry-1.docker.io"
_LARGEST_TOKEN_BYTES = 1 << 20
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


def repository_of(reference: str) -> tuple[str, str]:
    """Return (host, repository) of `host/name@sha256:...`; raises Failure (`infrastructure`)."""
    host, _, name = reference.partition("@")[0].partition("/")
    host = _HUB if host == "docker.io" else host
    if not host or not re.fullmatch(r"[a-z0-9]+([._/-]+[a-z0-9]+)*", name) or not re.fullmatch(r"[\w.:\[\]-]+", host):
        raise Failure("infrastructure", f"{reference!r} names no repository of a registry")
    return host, name


def base_url(host: str, insecure: bool) -> str:
    """Return the registry's URL: unencrypted if the task says so, or for a server on this machine without TLS."""
    in_clear = not _speaks_tls(host) if is_loopback(host) else insecure
    return f"{'http' if in_clear else 'https'}://{host}/v2/"


def _speaks_tls(host: str) -> bool:
    """Return whether a server of this machine answers a TLS greeting, whatever its certificate."""
    name, port = urlsplit(f"//{host}").hostname or "", urlsplit(f"//{host}").port or 443
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((name, port), _GREETING_S) as plain, context.wrap_socket(plain):
            return True
    except OSError:
        return False


class RegistryProof(Proof):
    """Anonymous, Basic or bearer: what the registry asks for, made from `credentials`, a file of Podman's form or ''.

    The file may hold a bare bearer token as well.
    """

    def __init__(self, host: str, name: str, credentials: str) -> None:
        super().__init__()
        self._host, self._name = host, name
        self._basic, bare = _find(host, name, credentials)
        self._header = f"Bearer {bare}" if bare else ""
        self._secret = bool(self._basic or bare)

    @property
    def is_secret(self) -> bool:
        """Whether it is made of credentials; a token that anybody gets is not."""
        return self._secret

    def header(self) -> str:
        """Return the `Authorization` that the registry asked for, empty before it did."""
        return self._header

    def answer(self, challenges: list[str]) -> bool:
        """Get what the challenge wants; return False if there is nothing better than what was refused."""
        held = self._header
        for challenge in challenges:
            scheme, _, rest = challenge.partition(" ")
            if scheme.lower() == "bearer":
                self._header = f"Bearer {self._asked(dict(_CHALLENGE.findall(rest)))}"
            elif scheme.lower() == "basic" and self._basic:
                self._header = self._basic
        return self._header != held

    def _asked(self, asked: dict[str, str]) -> str:
        realm = urlsplit(asked.get("realm", ""))
        here = realm.scheme == "http" and is_loopback(self._host) and may_carry_secrets(realm.geturl())
        if realm.scheme != "https" and not here:
            raise Failure(
                "infrastructure", f"{self._host} sends us to {named(realm.geturl())} for a token, in the clear"
            )
        query = urlencode({"service": asked.get("service", ""), "scope": f"repository:{self._name}:pull"})
        url = realm._replace(query="&".join(text for text in (realm.query, query) if text)).geturl()
        content = read_small(url, _LARGEST_TOKEN_BYTES, _Fixed(self._basic), "application/json", "infrastructure")
        try:
            said = json.loads(content)
            token = said.get("token") or said.get("access_token")
        except (ValueError, AttributeError, RecursionError):
            token = None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise Failure("infrastructure", f"the token server {realm.netloc} gave no token")
        return token


class _Fixed(Proof):
    def __init__(self, value: str) -> None:
        super().__init__()
        self._value = value

    @property
    def is_secret(self) -> bool:
        return bool(self._value)

    def header(self) -> str:
        return self._value


def _find(host: str, name: str, path: str) -> tuple[str, str]:
    """Return (Basic header, bare token) from a file of credentials; the longest key that fits wins."""
    if not path:
        return "", ""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(_LARGEST_TOKEN_BYTES).strip()
        if not text.startswith("{"):
            return "", text
        entries: JsonDict = json.loads(text).get("auths") or {}
        parts = [host, *name.split("/")]
        for count in range(len(parts), 0, -1):
            entry = entries.get("/".join(parts[:count])) or {}
            if entry.get("auth"):
                base64.b64decode(entry["auth"], validate=True)
                return f"Basic {entry['auth']}", ""
    except (OSError, ValueError, AttributeError) as problem:
        raise Failure("authentication", f"the credentials in {path} cannot be read: {problem}") from None
    return "", ""
