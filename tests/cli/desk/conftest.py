"""A real service, and the command line as several people."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Answer
from tests.service.running import ANALYSIS, Running, running
from tests.waiting import BOUND_S

As = Callable[..., Answer]


@pytest.fixture
def service(tmp_path: Path, home: Path) -> Iterator[Running]:
    """A running service with one analysis."""
    with running(tmp_path) as service:
        service.publish()
        yield service


@pytest.fixture
def desk(service: Running, tmp_path: Path) -> As:
    """Call `recast` as a person: the first argument is a name."""
    for name, is_what in {"alice": {}, "bob": {}, "carol": {"contact": ANALYSIS}}.items():
        token = tmp_path / f"{name}.token"
        token.write_text(service.person(name, **is_what))
        token.chmod(0o600)

    def call(name: str, *arguments: str | Path) -> Answer:
        own = {"RECAST_SERVER": service.url, "RECAST_HOME": str(tmp_path / name), "HOME": str(tmp_path)}
        if name != "stranger":
            own["RECAST_TOKEN_FILE"] = str(tmp_path / f"{name}.token")
        command = [sys.executable, "-W", "error", "-m", "recast", *map(str, arguments)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=BOUND_S,
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return call
