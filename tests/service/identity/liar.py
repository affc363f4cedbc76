"""An OIDC provider of our own that lies as a test wants it to; on loopback, in a thread."""

from __future__ import annotations

import base64
import hmac
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

__all__ = ["Liar"]

Answer = dict[str, Any] | list[Any] | bytes | Callable[[BaseHTTPRequestHandler], None]


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Liar:
    """What it says is in `says`, by path, and may be changed at any time; bytes and functions are said as they are."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.statuses: dict[str, int] = {}
        self.says: dict[str, Answer] = {
            "/.well-known/openid-configuration": self.discovery(),
            "/jwks": {"keys": [self.key.as_dict(private=False)]},
            "/token": {},
            "/userinfo": {},
            "/device": {},
        }

    def discovery(self, **other: Any) -> dict[str, Any]:
        paths = {"token_endpoint": "token", "jwks_uri": "jwks", "authorization_endpoint": "authorize"}
        paths |= {"userinfo_endpoint": "userinfo", "device_authorization_endpoint": "device"}
        return {"issuer": self.issuer, **{name: f"{self.issuer}/{path}" for name, path in paths.items()}, **other}

    def claims(self, now_s: float, of_login: str = "", **other: Any) -> dict[str, Any]:
        """Return good claims with some changed; those that are None are left out."""
        now = int(now_s)
        good = {"iss": self.issuer, "aud": "recast", "sub": "ann", "iat": now, "exp": now + 60, "nonce": of_login}
        return {name: value for name, value in (good | {"name": "Ann"} | other).items() if value is not None}

    def token(self, claims: dict[str, Any], key: Any = None, **header: Any) -> str:
        head = {"alg": "RS256", "kid": "one"} | header
        return jwt.encode(
            {name: value for name, value in head.items() if value}, claims, key or self.key, [head["alg"]]
        )

    def unsigned(self, claims: dict[str, Any], **header: Any) -> str:
        parts = [json.dumps({"alg": "none", "typ": "JWT"} | header), json.dumps(claims)]
        return ".".join([*(_encoded(it.encode()) for it in parts), ""])

    def shared(self, claims: dict[str, Any], secret: bytes) -> str:
        """Return a token "signed" by what both sides know, or everybody; no library makes one of a public key."""
        text = self.unsigned(claims, alg="HS256", kid="one").rstrip(".")
        return f"{text}.{_encoded(hmac.digest(secret, text.encode(), 'sha256'))}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        liar = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._say()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                liar.asked.append((self.path, {name: values[0] for name, values in parse_qs(body).items()}))
                self._say()

            def _say(self) -> None:
                path = urlsplit(self.path).path
                answer = liar.says.get(path, {})
                if callable(answer):
                    answer(self)
                    return
                body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(liar.statuses.get(path, 200))
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        return Handler
