"""Pushes to a real git server, with its hooks, become one pipeline and one verdict for each commit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ci.server.served import Served, served
from tests.testbeds.forge.forge import Forge, forge_of
from tests.waiting import until

DIALECTS = ("github", "gitlab", "gitea")


@pytest.fixture(params=DIALECTS)
def forge(request: pytest.FixtureRequest, tmp_path: Path, home: Path) -> Iterator[Forge]:
    with forge_of(request.param, tmp_path / "forge") as made:
        yield made


@pytest.fixture
def server(forge: Forge, tmp_path: Path) -> Iterator[Served]:
    with served(forge, tmp_path / "server", top="look_s = 86400") as made:
        yield made


def test_a_push_gets_a_verdict_and_the_forge_is_told(forge: Forge, server: Served) -> None:
    first = forge.commit("first")
    forge.push("main", options=("ci.variable=1",))
    told = server.until_told(first)
    good = {"github": "success", "gitea": "success", "gitlab": "success"}[forge.dialect]
    assert (told["state"], told["description"]) == (good, "passed: all is passed")
    assert forge.sent[-1][1] == 202
    assert json.loads((forge.project.folder / "push-options.json").read_text()) == ["ci.variable=1"]
    (began,) = server.standins()
    argv = began["argv"]
    assert argv[argv.index("--commit") + 1] == first
    assert argv[argv.index("--ref") + 1] == "refs/heads/main"
    assert "--untrusted" not in argv

    (forge.work / "behave.json").write_text(json.dumps({"word": "moved", "sentence": "SR-A lost 41 of 1,612 events"}))
    second = forge.commit("a cut")
    forge.push("main")
    told = server.until_told(second)
    assert told["state"] == {"github": "failure", "gitea": "failure", "gitlab": "failed"}[forge.dialect]
    assert told["description"] == "moved: SR-A lost 41 of 1,612 events"


def test_tags_force_pushes_and_deletions(forge: Forge, server: Served) -> None:
    first = forge.commit("first")
    forge.push("main")
    server.until_told(first)
    forge.git("tag", "-a", "v1", "-m", "one")
    forge.push("v1")
    assert server.until_told(first, "recast/v1")["state"] == "success"
    tagged = next(it for it in server.standins() if "tag" in it["argv"])
    assert tagged["argv"][tagged["argv"].index("--commit") + 1] == first

    forge.git("commit", "--quiet", "--amend", "-m", "first, again")
    again = forge.git("rev-parse", "HEAD")
    forge.push("+main")
    server.until_told(again)
    forge.git("tag", "-f", "-a", "v1", "-m", "moved")
    forge.push("+v1")
    told = server.until_told(again, "recast/v1")
    assert told["description"].startswith("refused: the tag v1 was moved")

    forge.git("checkout", "--quiet", "-b", "gone")
    forge.push("gone")
    forge.push(":gone")
    until(lambda: len(forge.sent) == 6, "six deliveries")
    assert [status for _, status in forge.sent] == [202] * 6
    words = {(it["commit"], it["lane"]): it["word"] for it in server.pipelines()}
    assert words == {
        (first, "commit"): "passed", (first, "tag:v1"): "passed",
        (again, "commit"): "passed", (again, "tag:v1"): "refused",
    }  # fmt: skip
