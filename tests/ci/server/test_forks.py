"""Requests from forks get nothing until a person says so; and what any pipeline gets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ci.server.served import Served, served
from tests.conftest import ROOT
from tests.testbeds.forge.forge import SECRETS, TOKEN, Forge, forge_of
from tests.waiting import until

CANARY = "canary-of-the-server-0123456789"


def allow(server: Served, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "recast", "ci", "allow", *arguments, "--config", str(server.config)],
        capture_output=True, text=True, timeout=120, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def request(forge: Forge, number: int, text: str) -> str:
    """Push a commit as the head of a request, as a forge does when somebody opens one from a fork."""
    kind = "merge-requests" if forge.dialect == "gitlab" else "pull"
    commit = forge.commit(text)
    forge.push(f"+HEAD:refs/{kind}/{number}/head")
    return commit


@pytest.mark.parametrize("dialect", ["github", "gitlab"])
def test_a_fork_waits_and_then_gets_what_was_allowed(
    dialect: str, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_TOKEN", CANARY)
    with (
        forge_of(dialect, tmp_path / "forge") as forge,
        served(forge, tmp_path / "server", top="look_s = 86400") as server,
    ):
        forge.hook(server.hook, forks=[5])
        (forge.work / "reference.lock.json").write_text("of the trusted branch")
        first = forge.commit("first")
        forge.push("main")
        server.until_told(first)
        assert "--reference" not in server.standins()[-1]["argv"]
        (forge.work / "reference.lock.json").write_text("to the stranger's liking")
        strange = request(forge, 5, "a stranger's")
        until(lambda: forge.api.of(strange), "a status", 60)
        (told,) = forge.api.of(strange)
        held = next(it for it in server.pipelines() if it["state"] == "held")
        assert held["id"] in told["description"] and told["state"] == "pending"
        assert len(server.standins()) == 1

        done = allow(server, held["id"][:6], "--untrusted")
        assert done.returncode == 0, done.stderr
        server.until_told(strange)
        argv, env = server.standins()[-1]["argv"], server.standins()[-1]["env"]
        assert "--untrusted" in argv and argv[argv.index("--executor") + 1] == "local"
        assert "--push" not in argv and "--write-reference" not in argv
        assert Path(argv[argv.index("--reference") + 1]).read_text() == "of the trusted branch"
        assert CANARY not in json.dumps(env)
        assert env["RECAST_HOME"] == str(server.state / "strangers")
        until(lambda: forge.api.comments.get(5), "a comment", 60)
        (comment,) = forge.api.comments[5]
        assert "# passed" in comment["body"]
        assert allow(server, held["id"]).returncode == 5

        again = request(forge, 5, "another of the stranger's")
        until(lambda: forge.api.of(again), "a status", 60)
        held = next(it for it in server.pipelines() if it["state"] == "held")
        assert allow(server, held["id"]).returncode == 0
        server.until_told(again)
        argv, env = server.standins()[-1]["argv"], server.standins()[-1]["env"]
        assert "--untrusted" not in argv and env["SOME_TOKEN"] == CANARY
        until(lambda: "# passed" in forge.api.comments[5][0]["body"], "the same comment", 60)
        assert len(forge.api.comments[5]) == 1
        for secret in (SECRETS[dialect], TOKEN, CANARY):
            assert secret not in server.log + json.dumps(forge.api.statuses) + json.dumps(forge.api.comments)
            for it in server.standins():
                assert secret not in json.dumps(it["argv"])
        for secret in (SECRETS[dialect], TOKEN):
            assert all(secret not in json.dumps(it["env"]) for it in server.standins())


def test_only_named_people_may_allow(tmp_path: Path, home: Path) -> None:
    with forge_of("gitea", tmp_path / "forge") as forge:
        table = 'approvers = ["nobody-here"]'
        with served(forge, tmp_path / "server", top="look_s = 86400", table=table) as server:
            forge.hook(server.hook, forks=[5])
            first = forge.commit("first")
            forge.push("main")
            server.until_told(first)
            strange = request(forge, 5, "a stranger's")
            until(lambda: forge.api.of(strange), "a status", 60)
            held = next(it for it in server.pipelines() if it["state"] == "held")
            done = allow(server, held["id"])
            assert done.returncode == 5 and "nobody-here" in done.stderr


def test_a_pipeline_that_ends_without_a_report_is_tried_again_and_then_blocked(tmp_path: Path, home: Path) -> None:
    with (
        forge_of("gitlab", tmp_path / "forge") as forge,
        served(forge, tmp_path / "server", top="look_s = 86400\nretry_s = 0.1") as server,
    ):
        (forge.work / "behave.json").write_text(json.dumps({"exit": 9}))
        commit = forge.commit("breaks the pipeline itself")
        forge.push("main")
        told = server.until_told(commit)
        assert told["state"] == "canceled", "never the commit's failure"
        assert told["description"] == "blocked: the pipeline ended without a report (exit code 9)"
        assert len(server.standins()) == 3


def test_a_repository_that_is_refused_gets_a_verdict(tmp_path: Path, home: Path) -> None:
    with (
        forge_of("github", tmp_path / "forge") as forge,
        served(forge, tmp_path / "server", top="look_s = 86400", table="most_files = 3") as server,
    ):
        (forge.work / "out").symlink_to("/etc")
        linked = forge.commit("a link")
        forge.push("main")
        assert server.until_told(linked)["description"].startswith("refused: A link leads out of the checkout")
        (forge.work / "out").unlink()
        for number in range(4):
            (forge.work / f"file{number}").touch()
        many = forge.commit("many files")
        forge.push("main")
        assert "more than 3 files" in server.until_told(many)["description"]
        assert server.standins() == []


def test_of_pushes_in_a_row_the_first_and_the_last_are_judged(tmp_path: Path, home: Path) -> None:
    with (
        forge_of("gitea", tmp_path / "forge") as forge,
        served(forge, tmp_path / "server", top="look_s = 86400") as server,
    ):
        go = tmp_path / "go"
        (forge.work / "behave.json").write_text(json.dumps({"until": str(go)}))
        commits = []
        for number in range(6):
            commits.append(forge.commit(f"push {number}"))
            forge.push("main")
            if number == 0:
                until(server.standins, "the first pipeline", 60)
        until(lambda: server.log.count("refs/heads/main is at") == 6, "six looks", 60)
        go.touch()
        server.until_told(commits[-1])
        judged = [it["argv"][it["argv"].index("--commit") + 1] for it in server.standins()]
        assert judged == [commits[0], commits[-1]]
        words = {it["commit"]: it["word"] for it in server.pipelines()}
        assert words == {**dict.fromkeys(commits, "superseded"), commits[0]: "passed", commits[-1]: "passed"}
        assert {it["sha"] for it in forge.api.statuses if it["state"] == "error"} <= set(commits[1:-1])
