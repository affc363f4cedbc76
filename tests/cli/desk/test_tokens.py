"""Logins and tokens: what is kept, who can read it, and what is never shown."""

from __future__ import annotations

import stat
from pathlib import Path

from tests.cli.desk.conftest import As
from tests.service.running import Running


def test_a_login_is_kept_for_its_owner_alone(desk: As, service: Running, tmp_path: Path) -> None:
    done = desk("alice", "login", service.url, "--token-file", tmp_path / "alice.token")
    assert done.code == 0, done.err
    kept = tmp_path / "alice" / "logins.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    secret = (tmp_path / "alice.token").read_text()
    listed = desk("alice", "login", "-o", "json")
    assert [row["server"] for row in listed.json] == [service.url]
    assert secret not in done.out + done.err + listed.out


def test_a_file_that_others_can_read_is_refused(desk: As, service: Running, tmp_path: Path) -> None:
    desk("alice", "login", service.url, "--token-file", tmp_path / "alice.token")
    (tmp_path / "alice" / "logins.json").chmod(0o644)
    said = desk("alice", "login")
    assert said.code == 5 and "not only yours" in said.err


def test_a_token_that_does_not_work_is_not_kept(desk: As, service: Running, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("rct_" + "x" * 43)
    said = desk("bob", "login", service.url, "--token-file", wrong)
    assert said.code == 5
    assert not (tmp_path / "bob" / "logins.json").exists()


def test_tokens_are_made_listed_and_revoked(desk: As, tmp_path: Path) -> None:
    made = desk("alice", "token", "new", "nightly", "--scope", "read", "--days", "3")
    assert made.code == 0, made.err
    secret = made.out.strip()
    assert secret.startswith("rct_") and secret not in made.err
    rows = desk("alice", "token", "ls", "-o", "json").json
    (row,) = [row for row in rows if row["name"] == "nightly"]
    assert row["scopes"] == ["read"] and secret not in str(rows)
    assert desk("alice", "token", "rm", row["id"]).code == 0
    (tmp_path / "bob.token").write_text(secret)
    assert desk("bob", "token", "ls").code == 5


def test_a_token_never_may_more_than_the_one_that_made_it(desk: As) -> None:
    assert desk("alice", "token", "new", "mighty", "--scope", "admin").code == 5


def test_without_a_service_the_way_to_one_is_said(desk: As, tmp_path: Path) -> None:
    said = desk("stranger", "request", "ls", "--server", "ftp://example.org")
    assert said.code == 2
    refused = desk("alice", "request", "ls", "--server", "http://recast.example.org")
    assert refused.code == 2 and "not encrypted" in refused.err
