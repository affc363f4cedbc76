"""The test-bed: one server that listens on a socket in its own folder, started and stopped by process id.

PostgreSQL refuses to be root's, so its files are those of an ordinary user, at a place that such a user can reach.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests.testbeds.bed import Bed
from tests.testbeds.ordinary import NAME
from tests.testbeds.processes import BedProblem, end, marked, spawn
from tests.testbeds.users import make_user
from tests.waiting import BOUND_S, until

__all__ = ["PostgresBed"]

_PROGRAMS = Path("/usr/lib/postgresql/15/bin")
_CONF = """\
listen_addresses = ''
unix_socket_directories = '{home}'
max_connections = 200
shared_buffers = 64MB
log_line_prefix = '%m [%p] '
"""


@dataclass(frozen=True)
class PostgresBed(Bed):
    """A server with the superuser `recast`, whom everybody is who can reach its socket."""

    @property
    def env(self) -> dict[str, str]:
        """What a client of it needs in its environment."""
        return {"PGHOST": str(self.home), "PGUSER": "recast", "PGDATABASE": "postgres"}

    @property
    def home(self) -> Path:
        """The folder of the server's user: its socket and its data."""
        return Path((self.folder / "home").read_text())

    def url(self, name: str) -> str:
        """Return the URL of a database."""
        return f"postgresql://recast@/{name}?host={self.home}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make an empty database for a while; yield its URL."""
        name = f"t{uuid4().hex}"
        self.sql(f"CREATE DATABASE {name}")
        try:
            yield self.url(name)
        finally:
            self.sql(f"DROP DATABASE {name} WITH (FORCE)")

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run a statement; return what it prints."""
        argv = [str(_PROGRAMS / "psql"), "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, database]
        return _called(argv, {**os.environ, **self.env})

    def running(self) -> bool:
        """Return whether it was started and has not been stopped since."""
        return super().running() and self.pid("server") != 0

    def kill(self) -> None:
        """Kill the server as a power cut would, and start it again; return when it answers."""
        server = self.pid("server")
        with suppress(ProcessLookupError):
            os.kill(server, signal.SIGQUIT)  # it ends at once, without writing anything
        until(lambda: not self.pid("server"), "the server does not end")
        self._begin()

    def _make(self) -> None:
        home = Path(tempfile.mkdtemp(prefix="recast-postgres-", dir="/var/tmp"))
        (self.folder / "home").write_text(str(home))
        if os.geteuid() == 0:
            owner = make_user(NAME)
            os.chown(home, owner.pw_uid, owner.pw_gid)
        made = ["--username=recast", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        _called([*_as_user(), str(_PROGRAMS / "initdb"), *made, "-D", str(home / "data")], dict(os.environ))
        with (home / "data/postgresql.conf").open("a") as conf:
            conf.write(_CONF.format(home=home))

    def _begin(self) -> None:
        argv = [*_as_user(), str(_PROGRAMS / "postgres"), "-D", str(self.home / "data")]
        self.note("server", spawn(argv, self.folder, self.folder / "postgres.log", {}))
        until(self._answers, "the server does not answer")

    def _end(self) -> None:
        if server := self.pid("server"):
            end([server], signal.SIGINT)
        end(marked(self.folder))
        with suppress(OSError):
            shutil.rmtree(self.home)

    def _answers(self) -> bool:
        if not self.pid("server"):
            raise BedProblem("the server ended")
        ready = [str(_PROGRAMS / "pg_isready"), "-q"]
        return subprocess.run(ready, env={**os.environ, **self.env}, timeout=BOUND_S).returncode == 0


def _as_user() -> list[str]:
    """Return what makes a command that of the ordinary user, if we are root; the process id stays."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={NAME}", f"--regid={NAME}", "--clear-groups"]


def _called(argv: Sequence[str], env: dict[str, str]) -> str:
    done = subprocess.run(argv, env=env, cwd="/", capture_output=True, text=True, timeout=BOUND_S, check=False)
    if done.returncode:
        raise BedProblem(f"{Path(argv[0]).name}: {done.stdout}{done.stderr}")
    return done.stdout
