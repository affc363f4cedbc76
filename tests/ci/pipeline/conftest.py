"""What the tests of pipelines share: a small repository that really runs, and the command line in this process."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from recast.cli.app import run as call
from recast.images import ImageStore
from tests.ci.pipeline import stand_ins
from tests.ci.pipeline.repository import Repository
from tests.conftest import Answer


class Here:
    """The command line in this process, in a repository: starting a Python for each command takes longer."""

    def __init__(self, repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
        self.repository, self._capsys, self.err = repository, capsys, ""

    def __call__(self, *arguments: object) -> Answer:
        code = call(["ci", *map(str, arguments)])
        said = self._capsys.readouterr()
        return Answer(code, said.out, said.err)

    def run(self, *arguments: object) -> tuple[int, dict]:
        """`recast ci run` of the repository: the exit code and the report."""
        answer = self("run", self.repository.root, *arguments, "-o", "json")
        self.err = answer.err
        assert answer.out, answer.err
        return answer.code, json.loads(answer.out)


@pytest.fixture(autouse=True)
def neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rooms beside the pipeline; where a checkout does not have one yet, the least that is called of it."""
    stand_in_where_missing(monkeypatch.setattr)


def stand_in_where_missing(put: Callable[..., None] = setattr) -> None:
    """Let the pipeline find a stand-in for each room that this checkout does not have yet."""
    for name, called, function, stand_in in (
        ("compare", "compare", "comparing", stand_ins.COMPARING),
        ("report", "write", "reporting", stand_ins.REPORTING),
    ):
        if _is_here(f"recast.ci.{name}", called):
            continue
        for user in ("rooms", "judge", "bisect", "pipeline"):
            module = importlib.import_module(f"recast.ci.pipeline.{user}")
            if hasattr(module, function):
                put(module, function, lambda stand_in=stand_in: stand_in)


def _is_here(module: str, name: str) -> bool:
    try:
        return callable(getattr(importlib.import_module(module), name, None))
    except ImportError:
        return False


@pytest.fixture
def repository(home: Path, tmp_path: Path) -> Repository:
    """A small analysis under git, with its image in the store of this test's home."""
    return Repository(tmp_path / "repository", ImageStore(home / "images"))


@pytest.fixture
def ci(repository: Repository, capsys: pytest.CaptureFixture[str]) -> Here:
    """`recast ci` in the small repository."""
    return Here(repository, capsys)
