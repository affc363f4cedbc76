"""A mirror on loopback of what this machine's apt and pip are set up with, for a guest that sees nothing else.

What was fetched once is kept. Paths: `/apt/NUMBER/...`, `/simple/NAME/`, and `/file/...` for what an index points to.
"""

from __future__ import annotations

import hashlib
import html
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urljoin

__all__ = ["Mirror", "mirrored"]

_FETCH_S = 600
_MOVES = ("InRelease", "Release", "Release.gpg")


@dataclass(frozen=True)
class Mirror:
    """Where it listens, and the lines of a sources.list and of a pip.conf, for a guest that reaches it at a port."""

    port: int
    suites: tuple[tuple[str, str], ...]

    def sources(self, port: int) -> str:
        """Return a sources.list."""
        signed = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
        lines = [
            f"deb {signed} http://127.0.0.1:{port}/apt/{n} {suite} main" for n, (_, suite) in enumerate(self.suites)
        ]
        return "\n".join(lines) + "\n"

    def pip_conf(self, port: int) -> str:
        """Return a pip.conf."""
        return f"[global]\nindex-url = http://127.0.0.1:{port}/simple\ntrusted-host = 127.0.0.1\ntimeout = 600\n"


@contextmanager
def mirrored(kept: Path) -> Iterator[Mirror]:
    """Have a mirror for a while, which keeps what it fetched in a folder."""
    kept.mkdir(parents=True, exist_ok=True)
    suites = tuple(_suites())

    class Handler(_Handler):
        folder, sites = kept, [site for site, _ in suites]

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Mirror(server.server_address[1], suites)
    finally:
        server.shutdown()
        server.server_close()


def _suites() -> Iterator[tuple[str, str]]:
    """Yield site and suite of what apt is set up with here, for Debian 12."""
    argv = ["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)", "Created-By: Packages"]
    told = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout
    for line in sorted(set(told.splitlines())):
        site, suite, component = line.split()
        if suite.startswith("bookworm") and component == "main":
            yield site.rstrip("/"), suite


def _index() -> str:
    """Return the index that this machine's pip asks: the one of its configuration, else pip's own."""
    ask = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    own = [sys.executable, "-c", "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"]
    told = subprocess.run(ask, capture_output=True, text=True, timeout=60)
    found = told.stdout.strip() or subprocess.run(own, capture_output=True, text=True, timeout=60).stdout.strip()
    return found.rstrip("/")


class _Handler(BaseHTTPRequestHandler):
    folder: Path
    sites: list[str]

    def log_message(self, *words: object) -> None:
        return

    def do_GET(self) -> None:
        try:
            body = self._found(self.path)
        except HTTPError as problem:
            self.send_error(problem.code)
        except (URLError, OSError, IndexError, ValueError) as problem:
            self.send_error(502, str(problem))
        else:
            self.send_response(200)
            is_page = self.path.startswith("/simple/")
            self.send_header("Content-Type", "text/html" if is_page else "application/octet-stream")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def _found(self, path: str) -> bytes:
        kind, _, rest = path.removeprefix("/").partition("/")
        if kind == "apt":
            number, _, below = rest.partition("/")
            return self._fetched(f"{self.sites[int(number)]}/{below}")
        if kind == "simple":
            page = f"{_index()}/{rest}"
            return _with_files_here(page, self._fetched(page))
        return self._fetched(unquote(rest))

    def _fetched(self, url: str) -> bytes:
        kept = self.folder / hashlib.sha256(url.encode()).hexdigest()
        if not kept.exists() or url.rsplit("/", 1)[-1] in _MOVES:
            request = urllib.request.Request(url, headers={"Accept": "text/html, */*;q=0.1"})
            with urllib.request.urlopen(request, timeout=_FETCH_S) as answer:
                body = answer.read()
            new = kept.with_suffix(f".{threading.get_ident()}")
            new.write_bytes(body)
            new.replace(kept)
        return kept.read_bytes()


def _with_files_here(page: str, body: bytes) -> bytes:
    def here(match: re.Match[str]) -> str:
        url, _, fragment = urljoin(page, html.unescape(match[1])).partition("#")
        return f'href="/file/{quote(url, safe="")}{fragment and "#" + fragment}"'

    text = re.sub(r' data-(core-metadata|dist-info-metadata)="[^"]*"', "", body.decode())
    return re.sub(r'href="([^"]+)"', here, text).encode()
