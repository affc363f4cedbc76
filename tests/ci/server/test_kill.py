"""The server is killed at many points while people push and a third of the hooks is lost: one verdict for each head."""

from __future__ import annotations

import json
import random
import signal
import socket
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from tests.ci.server.served import Served
from tests.testbeds.forge.forge import Forge, forge_of
from tests.waiting import NotInTime, until

BOUND_S = 90.0
BRANCHES = ("main", "one", "two")


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


def push_something(forge: Forge, number: int, dice: random.Random) -> None:
    """Push a commit to a branch, sometimes over what was there, sometimes with a tag."""
    branch = dice.choice(BRANCHES)
    forge.git("checkout", "--quiet", "-B", "work", f"refs/remotes/origin/{branch}")
    if dice.random() < 0.2:
        forge.git("commit", "--quiet", "--amend", "-m", f"rewritten {number}")
    else:
        forge.commit(f"change {number}", f"file-{branch}")
    refs = [f"+HEAD:refs/heads/{branch}"]
    if dice.random() < 0.15:
        forge.git("tag", "-a", f"v{number}", "-m", "a version")
        refs.append(f"v{number}")
    forge.push(*refs)
    forge.git("fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*")


def kill_once(server: Served, number: int, dice: random.Random) -> None:
    """Kill the server before a certain write, or at some moment."""
    assert server.process is not None
    if number % 2:
        time.sleep(dice.uniform(0.0, 1.5))
    else:
        with suppress(NotInTime):  # there may be fewer writes
            until(lambda: server.process is not None and server.process.poll() is not None, "its end", 6)
    server.kill()


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [8, pytest.param(50, marks=pytest.mark.rare)])
def test_every_head_has_one_verdict_whatever_dies(rounds: int, tmp_path: Path, home: Path) -> None:
    dice = random.Random(17)
    with forge_of("github", tmp_path / "forge") as forge:
        server = Served(forge, tmp_path / "server")
        server.write(port=free_port(), top="parallel = 2\nretry_s = 1")
        (forge.work / "behave.json").write_text(json.dumps({"seconds": 0.3}))
        forge.commit("first")
        forge.push("main", "main:one", "main:two")
        forge.git("fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*")
        plain = server.launcher
        for number in range(rounds):
            at = ["-m", "tests.ci.server.kill_at", str(1 + number // 2)]
            server.launcher = plain if number % 2 else [sys.executable, *at]
            server.start()
            if server.url:
                forge.hook(server.hook, drop=0.3)
            push_something(forge, number, dice)
            kill_once(server, number, dice)
        server.launcher = plain
        server.start()
        heads = heads_of(forge)
        begun = time.monotonic()
        try:
            for commit, context in heads:
                server.until_told(commit, context, max(1.0, BOUND_S - (time.monotonic() - begun)))
        finally:
            server.kill(signal.SIGTERM)
        check(server, heads)
        print(f"{rounds} kills, {len(heads)} heads judged {time.monotonic() - begun:.1f} s after the last start; "
              f"{sum(what == 'lost' for _, what in forge.sent)} of {len(forge.sent)} hooks lost")  # fmt: skip


def heads_of(forge: Forge) -> list[tuple[str, str]]:
    """Commit and context of the statuses of all heads: branches that were pushed to, and tags."""
    first = forge.git("rev-list", "--max-parents=0", "origin/main").split()
    branches = {forge.git("rev-parse", f"origin/{it}") for it in BRANCHES} - set(first)
    tags = forge.git("tag", "--list").split()
    return [(it, "recast") for it in sorted(branches)] + [
        (forge.git("rev-parse", f"{it}^{{commit}}"), f"recast/{it}") for it in tags
    ]


def check(server: Served, heads: list[tuple[str, str]]) -> None:
    api = server.forge.api
    for commit, context in heads:
        said = [(it["state"], it["description"]) for it in api.final(commit, context)]
        assert said == [("success", "passed: all is passed")], (commit, context, server.log)
    twice = Counter((it["sha"], it["context"]) for it in api.statuses if it["description"].startswith("passed"))
    assert max(twice.values()) == 1, "no commit was told twice that it passed"
    reported = Counter(it["pipeline"] for it in server.standins("reported"))
    assert max(reported.values()) == 1, "no pipeline went on beside another of the same commit"
    lanes = Counter((it["commit"], it["lane"]) for it in server.pipelines())
    assert max(lanes.values()) == 1
    assert "error of this program" not in server.log
