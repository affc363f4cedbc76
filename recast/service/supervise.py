"""The supervisor: starts the processes of a service, starts again what ends, and ends them all in time.

It imports nothing but the standard library, so that a service is up as soon as its web process is.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from recast.dispatch.spoken import unfailing
from recast.dispatch.woken import Ended, signals
from recast.errors import InfrastructureError, RecastError
from recast.json_types import JsonDict
from recast.worker.processes.proctree import die_with_parent

__all__ = ["Order", "serve"]

_END_S = 8.0
"""SIGTERM ends a service within 10 s: what has not ended by then is killed."""

_LOOK_S = 0.5
_PAUSES_S = (0.5, 1.0, 2.0, 5.0, 15.0)
_LASTED_S = 60.0
"""A process that has run for as long as this begins with the shortest pause again."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to serve; empty texts stand for the defaults. `dispatch` are the words that start a dispatcher, if any."""

    host: str
    port: int
    database: str = ""
    base_url: str = ""
    config: str = ""
    admin_token: str = ""
    dispatch: Sequence[str] = ()


def serve(
    order: Order, ready: Callable[[str], None], say: Callable[[str], None], invite: Callable[[str], None]
) -> None:
    """Serve until SIGTERM or SIGINT. `ready` gets the URL as soon as requests are answered, `say` what happens, and
    `invite` the address that makes the first account, if there is none yet.

    Raises InfrastructureError if the address is taken, and what keeps the web process from its first start.
    """
    say = unfailing(say)
    with signals() as ended, _listening(order.host, order.port) as listener:
        web = _Web(order, listener)
        dispatcher = _Process("dispatcher", list(order.dispatch)) if order.dispatch else None
        running: list[_Process] = [web, *([dispatcher] if dispatcher else [])]
        try:
            if not web.begin(ended):
                return
            if dispatcher:
                dispatcher.environment["RECAST_DATABASE"] = web.database
            url = order.base_url or _url(listener)
            ready(url)
            if web.link:
                invite(f"{url}{web.link}")
            while not ended():
                for process in running:
                    process.see_to(say)
                ended.wait(_LOOK_S)
        finally:
            _end(running, say)


class _Process:
    """One process of the service, started again when it ends, after a pause that grows."""

    def __init__(self, name: str, words: Sequence[str]) -> None:
        self.name, self._words = name, words
        self.environment: dict[str, str] = {}
        self.child: subprocess.Popen[bytes] | None = None
        self._began = self._not_before = 0.0
        self._failures = 0

    def see_to(self, say: Callable[[str], None]) -> None:
        """Start the process unless it runs, or has ended a moment ago. One that cannot be started ends no other."""
        if self.child is not None and self.child.poll() is not None:
            ended, self.child = _how(self.child.returncode), None
            self._wait(f"has ended ({ended})", say)
        if self.child is None and time.monotonic() >= self._not_before:
            try:
                self.start()
            except (OSError, subprocess.SubprocessError) as problem:
                self._began = time.monotonic()
                self._wait(f"cannot be started ({problem})", say)

    def start(self) -> None:
        """Start the process; it dies with us, and hears no signal that a terminal sends to us."""
        self.child = self._spawn()
        self._began = time.monotonic()

    def _spawn(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._words,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **self.environment},
            start_new_session=True,
            preexec_fn=die_with_parent,
        )

    def _wait(self, what: str, say: Callable[[str], None]) -> None:
        """Let it be started after a pause, the longer the more often it did not last."""
        now = time.monotonic()
        self._failures = 0 if now - self._began > _LASTED_S else self._failures
        pause_s = _PAUSES_S[min(self._failures, len(_PAUSES_S) - 1)]
        self._not_before = now + pause_s
        self._failures += 1
        say(f"the {self.name} {what}; it is started again in {pause_s:g} s")


class _Web(_Process):
    """The web process, which inherits the listening socket: connections wait while it is started again."""

    def __init__(self, order: Order, listener: socket.socket) -> None:
        super().__init__("web process", [sys.executable, "-m", "recast.service.web"])
        self._order, self._listener, self._told = order, listener, -1
        self.database, self.link = order.database, ""

    def begin(self, ended: Ended) -> bool:
        """Start, and wait until requests are answered; return False if the service is to end before. Raises what it
        says keeps it from starting.
        """
        self.start()
        while not ended():
            if select.select([self._told], [], [], _LOOK_S)[0]:
                self._hear()
                return True
        return False

    def _spawn(self) -> subprocess.Popen[bytes]:
        self._close_pipe()
        self._told, theirs = os.pipe()
        try:
            child = subprocess.Popen(
                self._words,
                stdin=subprocess.PIPE,
                pass_fds=(theirs, self._listener.fileno()),
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        finally:
            os.close(theirs)
        assert child.stdin is not None
        with contextlib.suppress(BrokenPipeError), child.stdin as stdin:
            stdin.write(self._document(theirs))
        return child

    def _close_pipe(self) -> None:
        if self._told >= 0:
            os.close(self._told)
            self._told = -1

    def _document(self, theirs: int) -> bytes:
        order = self._order
        words = {key: getattr(order, key) for key in ("host", "database", "base_url", "config")}
        first = self._began == 0.0
        document = {
            **words,
            "admin_token": order.admin_token if first else "",
            "first": first,
            "ready": theirs,
            "listener": self._listener.fileno(),
        }
        return json.dumps(document).encode()

    def _hear(self) -> None:
        said: JsonDict = json.loads(os.read(self._told, 1 << 16) or b"{}")
        if "ready" in said:
            self.database, self.link = said["ready"], said["link"]
            return
        if "error" in said:
            raise _as_error(said)
        raise InfrastructureError(
            "The web process has ended before it answered", next_step="read what it wrote above", code="service.start"
        )


def _as_error(said: JsonDict) -> RecastError:
    """Return the error that the web process told, with its code and exit code."""
    found = said["error"]
    error = RecastError(
        found["what"], where=found["where"], why=found["why"], next_step=found["next"], code=found["code"]
    )
    error.exit_code = int(said["exit_code"])
    return error


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Listen on an address; raise InfrastructureError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
    except OSError as problem:
        raise InfrastructureError.of(
            problem, "The service cannot listen", f"{host}:{port}", "choose another address: --host, --port (0: any)"
        ) from problem
    with listener:
        yield listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _end(running: Sequence[_Process], say: Callable[[str], None]) -> None:
    """End all processes: by SIGTERM, and those that go on by SIGKILL."""
    children = [(it.name, it.child) for it in running if it.child is not None]
    for _, child in children:
        child.terminate()
    until = time.monotonic() + _END_S
    for name, child in children:
        try:
            child.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            say(f"the {name} does not end; it is killed")
            child.kill()
            child.wait()


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
