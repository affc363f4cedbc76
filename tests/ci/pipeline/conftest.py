"""What the tests of pipelines share: a small repository that really runs, and the command line in this process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recast.cli.app import run as call
from recast.images import ImageStore
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


@pytest.fixture
def repository(home: Path, tmp_path: Path) -> Repository:
    """A small analysis under git, with its image in the store of this test's home."""
    return Repository(tmp_path / "repository", ImageStore(home / "images"))


@pytest.fixture
def ci(repository: Repository, capsys: pytest.CaptureFixture[str]) -> Here:
    """`recast ci` in the small repository."""
    return Here(repository, capsys)
