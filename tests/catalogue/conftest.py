"""A small entry with its spec, ready to be published, a catalogue to publish into, and a real registry."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from catalogue_parts import BusyboxCheckout, Checkout

from recast.catalogue import Catalogue
from recast.catalogue.publishing.publish import publish
from recast.images import ImageStore
from tests.conftest import Answer
from tests.registry.real import Real, real_registry
from tests.waiting import BOUND_S


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path / "checkout")


@pytest.fixture
def catalogue(tmp_path):
    return Catalogue(tmp_path / "store")


@pytest.fixture
def published(checkout, catalogue):
    return publish(checkout.entry, catalogue.store).version


@dataclass
class Machine:
    """A machine of its own: a home folder, and the command line in it."""

    home: Path
    environ: dict[str, str]
    prefix: tuple[str, ...] = ()

    def __call__(self, *arguments: str | Path, **environ: str) -> Answer:
        command = [*self.prefix, sys.executable, "-W", "error", "-m", "recast", *map(str, arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=BOUND_S, env={**self.environ, **environ}, cwd=self.home
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments: str | Path, **environ: str) -> Any:
        """The JSON of a command that must succeed."""
        answer = self(*arguments, "-o", "json", **environ)
        assert answer.code == 0, answer.err
        return json.loads(answer.out)

    @property
    def images(self) -> ImageStore:
        return ImageStore(self.home / "recast/images")

    @property
    def catalogue(self) -> Catalogue:
        return Catalogue(self.home / "recast/catalogue")


@pytest.fixture
def machine(tmp_path):
    """Make a machine by name; each has an empty home."""
    count = 0

    def make(name: str = "", prefix: tuple[str, ...] = ()) -> Machine:
        nonlocal count
        count += 1
        home = tmp_path / f"machine-{name or count}"
        home.mkdir(exist_ok=True)
        path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        return Machine(
            home, {"HOME": str(home), "RECAST_HOME": str(home / "recast"), "PATH": path, "RECAST_SHIPPED": ""}, prefix
        )

    return make


@pytest.fixture
def author(machine, tmp_path):
    """The machine of an analysis team: an entry that runs, and its images."""
    here = machine("author")
    here.checkout = BusyboxCheckout(tmp_path / "busybox-checkout", here.images)
    return here


@pytest.fixture(scope="module")
def registry(tmp_path_factory) -> Iterator[Real]:
    assert shutil.which("docker-registry"), "docker-registry is missing; type: make setup-test"
    with real_registry(tmp_path_factory.mktemp("registry") / "r") as real:
        yield real
