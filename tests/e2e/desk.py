"""A desk for tests: `recast serve` with its dispatcher, and people with tokens."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recast.ledger import Ledger
from recast.ledger.people.roles import actor_of_user, bond
from recast.ledger.people.tokens import issue_token
from recast.ledger.people.users import make_local_user
from recast.moments import moment
from tests.conftest import ROOT, Answer
from tests.waiting import BOUND_S

__all__ = ["Desk", "Person", "served"]

SCOPES = ("read", "request", "answer", "review", "operate")


@dataclass(frozen=True)
class Person:
    """Somebody with a token of theirs, which lies in a file."""

    name: str
    token: str
    file: Path


@dataclass(frozen=True)
class Desk:
    """A service that runs."""

    url: str
    home: Path
    environ: dict[str, str]
    process: subprocess.Popen[bytes]

    def recast(self, person: Person | None, *arguments: str | Path, timeout: float = BOUND_S) -> Answer:
        """Call the command line as somebody who speaks to this service."""
        env = {**self.environ, "RECAST_SERVER": self.url}
        if person is not None:
            env["RECAST_TOKEN_FILE"] = str(person.file)
        command = [sys.executable, "-W", "error", "-m", "recast", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=env, timeout=timeout)
        return Answer(done.returncode, done.stdout, done.stderr)

    def person(self, name: str, contact_of: Collection[str] = (), roles: Collection[str] = ()) -> Person:
        """Let somebody in, whom the service knows from now on."""
        with Ledger(f"sqlite:///{self.home / 'service/ledger.sqlite'}") as ledger, ledger.writing() as connection:
            now = moment(time.time())
            user = make_local_user(connection, name, "", "test", now).id
            for analysis in contact_of:
                bond(connection, "contact", user, analysis, "test", now)
            for role in roles:
                bond(connection, "role", user, role, "test", now)
            scopes = SCOPES if "operator" in roles else SCOPES[:-1]
            token, _ = issue_token(connection, actor_of_user(connection, user), name, scopes, 3600.0, now)
        file = self.home / f"{name}.token"
        file.write_text(token)
        file.chmod(0o600)
        return Person(name, token, file)


@contextmanager
def served(home: Path, store: Path, *options: str) -> Iterator[Desk]:
    """Serve for a while; everything has ended when the block has."""
    env = {**os.environ, "RECAST_HOME": str(home), "RECAST_IMAGE_STORE": str(store), "RECAST_SHIPPED": ""}
    command = [sys.executable, "-m", "recast", "serve", "--port", "0", "--print-url", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            ready, _, _ = select.select([process.stdout], [], [], BOUND_S)
            url = process.stdout.readline().decode().strip() if ready else ""
            assert url.startswith("http"), f"no URL but {url!r}"
            yield Desk(url, home, env, process)
        finally:
            process.terminate()
            process.wait(BOUND_S)
