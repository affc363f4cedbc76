"""An issuer of bearer tokens, as the bed trusts one: its keys over HTTPS, and tokens signed by them."""

from __future__ import annotations

import json
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from tests.testbeds.arc.authority import Authority
from tests.testbeds.jwt import key_set, signed

__all__ = ["Issuer"]


class Issuer:
    """Serves while it is entered. A token's subject is a person; the bed takes anyone of this issuer."""

    def __init__(self, authority: Authority, port: int) -> None:
        self.url = f"https://localhost:{port}/"
        self._key = authority.sign("issuer").key
        self._documents = {
            "/.well-known/openid-configuration": {"issuer": self.url, "jwks_uri": f"{self.url}jwks"},
            "/jwks": key_set(self._key),
        }
        documents = self._documents

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path).path  # ARC asks for whole URLs, as of a proxy
                body = json.dumps(documents.get(path, {})).encode()
                self.send_response(200 if path in documents else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        host = authority.sign("host", "localhost")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(host.certificate, host.key)
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    def token(self, life_s: int = 3600) -> str:
        """Return a token as the WLCG profile has it."""
        now = int(time.time())
        claims = {"iss": self.url, "sub": "somebody", "aud": "https://wlcg.cern.ch/jwt/v1/any", "wlcg.ver": "1.0"}
        claims |= {"nbf": now - 10, "iat": now, "exp": now + life_s, "jti": str(now)}
        claims["scope"] = "compute.create compute.read compute.modify compute.cancel"
        return signed(self._key, claims)
