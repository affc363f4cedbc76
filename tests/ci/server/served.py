"""`recast ci serve` as a process of its own, for one forge of the test-bed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.testbeds.forge.forge import SECRETS, TOKEN, Forge
from tests.waiting import NotInTime, until

__all__ = ["Served", "served"]

STANDIN = [sys.executable, "-m", "tests.ci.server.standin"]


@dataclass
class Served:
    """A server with its folder; `start` and `kill` as often as wanted."""

    forge: Forge
    folder: Path
    process: subprocess.Popen[str] | None = None
    url: str = ""
    launcher: list[str] = field(default_factory=lambda: [sys.executable, "-W", "error", "-m", "recast"])
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "ci-server.toml"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def log(self) -> str:
        return (self.folder / "server.log").read_text()

    def write(self, *, command: list[str] | None = None, top: str = "", table: str = "", port: int = 0) -> None:
        """Write the configuration; `top` and `table` are further lines of TOML."""
        self.folder.mkdir(exist_ok=True)
        for name, text in (("hook", SECRETS[self.forge.dialect]), ("token", TOKEN)):
            path = self.folder / name
            path.write_text(f"{text}\n")
            path.chmod(0o600)
        self.config.write_text(
            f'listen = "127.0.0.1:{port}"\nstate = "state"\ncommand = {json.dumps(command or STANDIN)}\n{top}\n'
            f'[repositories.analysis]\nurl = "{self.forge.clone_url}"\ndialect = "{self.forge.dialect}"\n'
            f'secret_file = "hook"\ntoken_file = "token"\nstatus_url = "{self.forge.api.base}"\n{table}\n'
        )

    def start(self) -> None:
        """Start the server, and tell the forge where it listens."""
        with (self.folder / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                [*self.launcher, "ci", "serve", "--config", str(self.config), "--print-url"],
                stdout=subprocess.PIPE, stderr=log, text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT), **self.environ},
            )  # fmt: skip
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def kill(self, number: int = signal.SIGKILL, bound_s: float = 60) -> int:
        """Send a signal to the server alone, and wait for its end."""
        assert self.process is not None and self.process.stdout is not None
        self.process.send_signal(number)
        code = self.process.wait(bound_s)
        self.process.stdout.close()
        return code

    @property
    def hook(self) -> str:
        return f"{self.url}/hooks/analysis"

    def standins(self, what: str = "began") -> list[dict[str, Any]]:
        """What the stand-ins have noted."""
        path = self.state / "standin.log"
        lines = path.read_text().splitlines() if path.exists() else []
        return [it for line in lines if (it := json.loads(line))["what"] == what]

    def pipelines(self) -> list[dict[str, Any]]:
        """What `recast ci queue` lists, the newest first."""
        done = subprocess.run(
            [sys.executable, "-m", "recast", "ci", "queue", "--config", str(self.config), "-o", "json"],
            capture_output=True, text=True, timeout=120, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)["pipelines"]
        return found

    def until_told(self, commit: str, context: str = "recast", bound_s: float = 60) -> dict[str, Any]:
        """Wait until the forge has a final status of a commit, and return it."""
        try:
            until(lambda: self.forge.api.final(commit, context), f"a verdict on {commit[:10]}", bound_s)
        except NotInTime as late:
            raise NotInTime(f"{late}\n{self.log}") from None
        return self.forge.api.final(commit, context)[-1]


@contextmanager
def served(forge: Forge, folder: Path, **given: Any) -> Iterator[Served]:
    """Yield a running server for a forge; `given` goes to `Served.write`."""
    server = Served(forge, folder)
    server.write(**given)
    server.start()
    forge.hook(server.hook)
    try:
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill(signal.SIGTERM)
