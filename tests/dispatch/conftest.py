"""What tests of the dispatcher share: a version that answers from two masses, and requests for it in a ledger."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from recast.catalogue import Catalogue
from recast.desk.facts import Facts
from recast.desk.model import Actor, Request
from recast.images import ImageStore
from recast.ledger import Ledger
from tests.busybox import add_busybox
from tests.conftest import Recast
from tests.scans.test_scan import TOOL, Plane
from tests.testbeds.postgres.fixture import *  # noqa: F403
from tests.waiting import BOUND_S

OWNER = Actor(user="uowner")
CONTACT = Actor(user="ucontact", contact_of=frozenset({"plane-1"}))
MACHINE = Actor(machine=True)
FAILS_AT_7 = TOOL.replace("BEGIN {", 'BEGIN { if (x == 7) { print "7 is odd" > "/dev/stderr"; exit 65 }\n', 1)


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger(url) as ledger:
        yield ledger


@pytest.fixture
def plane(recast: Recast, home: Path, tmp_path: Path) -> Plane:
    """The version, which refuses x = 7."""
    return Plane(tmp_path / "checkout", recast, add_busybox(ImageStore(home / "images")), tool=FAILS_AT_7)


def facts() -> Facts:
    """What the service knows of the version that is published now."""
    version = Catalogue().get("plane-1")
    return Facts(version=version.version, digest=version.digest, collaboration="atlas", name="Somebody")


def asked(ledger: Ledger, points: Sequence[tuple[float, float]], audience: str = "public") -> Request:
    """A request that was submitted, accepted and is to be run."""
    wanted = [{"coordinates": {"x_gev": x, "y_gev": y}} for x, y in points]
    document = {"analysis": "plane-1", "title": "A plane", "audience": audience, "points": wanted}
    request = ledger.act(None, "draft", OWNER, document, facts=facts())
    ledger.act(request.id, "submit", OWNER, {}, facts=facts())
    ledger.act(request.id, "accept", CONTACT, {}, facts=facts())
    return ledger.act(request.id, "run", CONTACT, {}, facts=facts())


Dispatch = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def dispatcher(home: Path, url: str) -> Iterator[Dispatch]:
    """Start `recast dispatch`, which ends with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, **environ: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-W", "error", "-m", "recast", "dispatch", *arguments]
        env = {**os.environ, "RECAST_HOME": str(home), "RECAST_DATABASE": url, **environ}
        started.append(subprocess.Popen(command, env=env))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.wait(BOUND_S)


@pytest.fixture
def settled(dispatcher: Dispatch) -> Callable[..., None]:
    """Dispatch until nothing is left to do."""

    def settle(*arguments: str, **environ: str) -> None:
        assert dispatcher("--once", *arguments, **environ).wait(BOUND_S) == 0

    return settle


def answers(request: Request) -> dict[str, Any]:
    """What is said of each point: whether it is excluded, or the reason why that is not known."""
    said = {}
    for point in request.points:
        for answer in point.answers:
            limits = [result["excluded"] for result in answer.results]
            said[point.id] = limits[0] if limits else answer.reason
    return said
