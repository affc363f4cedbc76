"""The server: one process that receives deliveries, looks at remotes, drives pipelines and tells forges."""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from recast.ci.server.drive import Driver, longest_wait_s
from recast.ci.server.ledger import Ledger
from recast.ci.server.looking import Looker
from recast.ci.server.model import Pipeline
from recast.ci.server.places import ServerPlaces
from recast.ci.server.queue import LEASE_S, Queue
from recast.ci.server.receiver import Receiver
from recast.ci.server.settings import Repository, ServerSettings
from recast.ci.server.telling import Teller
from recast.errors import InfrastructureError, RecastError
from recast.layers.tree import remove_tree

__all__ = ["Server"]

_PAUSE_S = 0.5
_END_S = 8.0
_TIDY_S = 3600.0


class Server:
    """A server of continuous analysis. `say` writes a line of its log."""

    def __init__(self, settings: ServerSettings, say: Callable[[str], None]) -> None:
        self.settings, self.say = settings, say
        self.places = ServerPlaces(settings.state)
        self._asked = False
        self._stop, self._wake = threading.Event(), threading.Event()
        self._heard = {name: threading.Event() for name in settings.repositories}
        self._fetching = {name: threading.Lock() for name in settings.repositories}
        self._driven: dict[threading.Thread, Pipeline] = {}

    def stop(self) -> None:
        """Ask the server to end, also from the handler of a signal; the next server finds what goes on."""
        self._asked = True  # no event: the handler may interrupt a thread that holds its lock

    def run(self, ready: Callable[[str], None] = lambda url: None) -> None:
        """Serve until `stop` is called; `ready` gets the address as soon as requests are answered.

        Raises InfrastructureError if another server has the same state folder, or the address is taken.
        """
        with self._alone(), Ledger(self.places.database) as ledger:
            owner = secrets.token_hex(8)
            queue = Queue(ledger, owner)
            queue.release_all()
            receiver = self._receiver()
            threads = [
                threading.Thread(target=receiver.serve_forever, args=(_PAUSE_S,), name="receiver", daemon=True),
                *(
                    threading.Thread(target=self._forever, args=(self._watch, it), name=f"watch {name}", daemon=True)
                    for name, it in self.settings.repositories.items()
                ),
            ]
            for thread in threads:
                thread.start()
            ready(receiver.url)
            try:
                self._schedule(queue, ledger, owner)
            finally:
                self._end()
                receiver.shutdown()
                receiver.server_close()
                self._join([*threads, *self._driven])

    # what the threads do ---------------------------------------------------------------------------------------

    def _schedule(self, queue: Queue, ledger: Ledger, owner: str) -> None:
        """Start what can be started, and renew leases, until the server stops."""
        renewed = tidied = 0.0
        while not self._asked:
            self._driven = {thread: it for thread, it in self._driven.items() if thread.is_alive()}
            now = time.monotonic()
            try:
                while (pipeline := queue.take(self.settings.parallel)) is not None:
                    self._start(pipeline, owner)
                if now - renewed > LEASE_S / 4:
                    queue.renew((it.id, it.fence) for it in self._driven.values())
                    queue.bound_waits(longest_wait_s(self.settings.retry_s))
                    renewed = now
                if now - tidied > _TIDY_S:
                    self._tidy(queue, ledger)
                    tidied = now
            except RecastError as problem:
                self.say(str(problem))
            self._wake.wait(_PAUSE_S)
            self._wake.clear()

    def _start(self, pipeline: Pipeline, owner: str) -> None:
        thread = threading.Thread(target=self._drive, args=(pipeline, owner), name=pipeline.id, daemon=True)
        self._driven[thread] = pipeline
        thread.start()

    def _drive(self, pipeline: Pipeline, owner: str) -> None:
        try:
            with Ledger(self.places.database) as ledger:
                lock = self._fetching.get(pipeline.repository, threading.Lock())
                queue = Queue(ledger, owner)
                Driver(self.settings, self.places, queue, self.say, self._stop.wait, lock).drive(pipeline)
        except Exception:  # its lease runs out, and it is driven again
            self._unforeseen()
        finally:
            self._wake.set()
            if pipeline.repository in self._heard:
                self._heard[pipeline.repository].set()

    def _watch(self, repository: Repository) -> None:
        """Look at a remote and tell its forge, until the server stops; no other repository waits for it."""
        heard = self._heard[repository.name]
        with Ledger(self.places.database) as ledger:
            looker = Looker(repository, ledger, self.places.state, self.settings.look_s, self.say)
            teller = Teller(repository, ledger, self.places, self.settings.page_url, self.say)
            while not self._stop.is_set():
                if looker.look_if_due():
                    self._wake.set()
                teller.tell_all()
                heard.wait(_PAUSE_S)
                heard.clear()

    def _forever(self, work: Callable[[Repository], None], repository: Repository) -> None:
        """Do something until the server stops; begin again after an error, with a pause."""
        while not self._stop.is_set():
            try:
                work(repository)
            except RecastError as problem:
                self.say(str(problem))
            except Exception:
                self._unforeseen()
            self._stop.wait(1.0)

    # the rest --------------------------------------------------------------------------------------------------

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock of the state folder."""
        try:
            self.places.state.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self.places.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise InfrastructureError.of(
                problem, "The server's folder cannot be used", self.places.state, "name another one: state = ..."
            ) from problem
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise InfrastructureError(
                "Another server uses this folder",
                where=str(self.places.state),
                next_step="stop it, or name another folder: state = ...",
            ) from None
        finally:
            os.close(lock)

    def _receiver(self) -> Receiver:
        settings = self.settings
        try:
            return Receiver(
                (settings.host, settings.port), settings.repositories, self.places.database, self.say, self._hear
            )
        except OSError as problem:
            raise InfrastructureError.of(
                problem,
                "The server cannot listen",
                f"{settings.host}:{settings.port}",
                "choose another address: listen = ...",
            ) from problem

    def _hear(self, name: str) -> None:
        self._heard[name].set()

    def _end(self) -> None:
        self._stop.set()
        for each in (self._wake, *self._heard.values()):
            each.set()

    def _join(self, threads: list[threading.Thread]) -> None:
        until = time.monotonic() + _END_S
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _tidy(self, queue: Queue, ledger: Ledger) -> None:
        """Remove what nobody asks for any more: old deliveries, and the folders of old pipelines."""
        ledger.forget()
        oldest = time.time() - self.settings.keep_days * 86400
        for folder in (self.places.state / "pipelines").glob("*"):
            try:
                done = queue.get(folder.name)
                if done.state == "done" and done.finished < oldest:
                    remove_tree(folder)
            except (RecastError, OSError):
                continue

    def _unforeseen(self) -> None:
        """Say what only an error of this program explains; the server goes on."""
        self.say("an error of this program, please report it:\n" + traceback.format_exc())
