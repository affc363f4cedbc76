"""Hooks that never come, and forges that give up: the server looks for itself."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.ci.server.served import served
from tests.testbeds.forge.forge import forge_of
from tests.waiting import until


def test_a_lost_hook_is_no_lost_verdict(tmp_path: Path, home: Path) -> None:
    with (
        forge_of("gitlab", tmp_path / "forge") as forge,
        served(forge, tmp_path / "server", top="look_s = 1") as server,
    ):
        first = forge.commit("first")
        forge.push("main")
        server.until_told(first)

        # GitLab sends nothing for a push of more than three refs.
        sent = len(forge.sent)
        commits = [forge.commit(f"branch {number}") for number in range(4)]
        forge.push(*(f"{commit}:refs/heads/b{number}" for number, commit in enumerate(commits)))
        for commit in commits:
            server.until_told(commit)
        assert len(forge.sent) == sent

        # It disables a hook after four failures in a row: what is pushed later never comes by it.
        server.kill(signal.SIGTERM)
        for number in range(5):
            last = forge.commit(f"while the server is down {number}")
            forge.push("main")
        assert [status for _, status in forge.sent[sent:]] == [0, 0, 0, 0]
        server.start()
        forge.hook(server.hook)
        server.until_told(last)
        later = forge.commit("later")
        forge.push("main")
        server.until_told(later)
        assert len(forge.sent) == sent + 4
        words = {it["commit"]: it["word"] for it in server.pipelines()}
        assert words == dict.fromkeys([first, *commits, last, later], "passed")


def test_a_second_server_of_the_same_folder_is_refused_and_sigterm_ends_one(tmp_path: Path, home: Path) -> None:
    with forge_of("github", tmp_path / "forge") as forge, served(forge, tmp_path / "server") as server:
        first = server.process
        server.start()
        assert server.url == "" and server.process is not None and server.process.wait(60) == 4
        assert server.process.stdout is not None
        server.process.stdout.close()
        assert "Another server uses this folder" in server.log
        server.process = first
        assert server.kill(signal.SIGTERM, bound_s=30) == 0
        until(lambda: first is not None and first.poll() == 0, "its end")
