"""panda-server's own request entry over HTTP on loopback: `python entry.py SETTINGS.json`.

Real: `pandaserver/server/panda.py` (routing, parameters), its check of tokens (RS256, keys by OIDC discovery), the
methods of `/api/v1` with their checks of types and roles. Ours: the task buffer (buffer.py), and what Apache does
around the entry: the server of HTTP itself, `/cache` with sandboxes, `/trf` with transformations, `/auth` with what
clients read of an issuer, `/issuer` with an issuer's keys.
`/bed` is for tests (control.py).
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.handlers import SimpleHandler
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler, WSGIServer

sys.path.insert(0, str(Path(__file__).parent))

import absent
import control
from buffer import Buffer

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def panda(buffer: Buffer) -> Application:
    """Return the entry of panda-server in front of a buffer: all its modules get that in place of a database's."""
    absent.stand_in()
    from pandaserver.taskbuffer import Initializer, TaskBuffer

    Initializer.initializer.init = lambda: True
    TaskBuffer.taskBuffer = buffer
    from pandaserver.server import panda as entry

    return entry.application


class Site:
    """All that is served; counts what is asked of the entry, and loses answers when it is told to."""

    def __init__(self, settings: dict[str, Any], buffer: Buffer, entry: Application) -> None:
        self._settings = settings
        self._entry = entry
        self.calls: Counter[str] = Counter()
        self.lose: Counter[str] = Counter()
        self.say: dict[str, tuple[str, str, str]] = {}
        self._lock = threading.Lock()
        self._control = control.Control(settings, buffer, self)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith("/bed/"):
            return self._plain(start, self._control.answer(path.removeprefix("/bed/"), _body(environ)))
        for prefix in ("/auth/", "/cache/", "/trf/user/"):
            if path.startswith(prefix):
                return self._file(start, Path(self._settings[prefix.split("/")[1]]) / Path(path).name)
        if path.startswith("/issuer/"):
            return self._plain(start, self._settings["issuer"].get(path.removeprefix("/issuer/")))
        return self._ask(path, environ, start)

    def _ask(self, path: str, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        name = path.removeprefix("/api/v1/")
        with self._lock:
            self.calls[name] += 1
            lost, said = self.lose[name] > 0, self.say.get(name)
            self.lose[name] -= lost
        if said is not None:
            start(said[0], [("Content-Type", said[1])])
            return [said[2].encode()]
        given = {name: value for name, value in environ.items() if name != "CONTENT_LENGTH" or value}
        answer = self._entry({**given, "SCRIPT_NAME": path, "PATH_INFO": ""}, start)
        environ["bed.lost"] = lost
        return answer

    def _plain(self, start: Callable[..., Any], answer: Any) -> Iterable[bytes]:
        start("404 Not Found" if answer is None else "200 OK", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    def _file(self, start: Callable[..., Any], path: Path) -> Iterable[bytes]:
        if not path.is_file():
            start("404 Not Found", [("Content-Type", "text/plain")])
            return [b"not found"]
        start("200 OK", [("Content-Type", "application/octet-stream")])
        return [path.read_bytes()]


def _body(environ: dict[str, Any]) -> Any:
    content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return json.loads(content) if content else {}


class _Answering(ServerHandler):
    def finish_response(self) -> None:
        """Send the answer, or nothing of it: the connection ends as when a server dies after its work."""
        if self.environ is not None and self.environ.get("bed.lost"):
            self.close()
            return
        super().finish_response()


class _Requests(WSGIRequestHandler):
    def handle(self) -> None:
        self.raw_requestline = self.rfile.readline(65_537)
        if len(self.raw_requestline) > 65_536:
            self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)
            return
        if self.parse_request():
            handler: SimpleHandler = _Answering(
                self.rfile, self.wfile, self.get_stderr(), self.get_environ(), multithread=True
            )
            handler.request_handler = self  # type: ignore[attr-defined]
            handler.run(self.server.get_app())  # type: ignore[attr-defined]

    def log_message(self, *_: Any) -> None:
        return


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        self.server_name, self.server_port = "localhost", self.server_address[1]
        self.socket.bind(self.server_address)
        self.setup_environ()


def main() -> None:
    """Serve until killed."""
    # After half a request the entry ends its process, which Apache replaces. This one is the only one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settings = json.loads(Path(sys.argv[1]).read_text())
    buffer = Buffer()
    site = Site(settings, buffer, panda(buffer))
    server = _Server(("127.0.0.1", settings["port"]), _Requests)
    server.set_app(site)
    server.serve_forever()


if __name__ == "__main__":
    main()
