"""Runs by the ledger: what a reader sees of them before and after the release, and logs in windows of whole lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import insert

from recast.ledger import tables
from recast.ledger.steps import row_of
from recast.service.logs.window import lines_from
from tests.service.running import Running
from tests.service.staged import Staged

STEP = {
    "id": "/fit/0", "name": "fit", "stage": "fit", "scope": "", "index": 0, "depends_on": [], "state": "failed",
    "cached": False, "attempts": 2, "executor": "local", "exit_code": 1, "job_id": "job-2", "log": "/srv/log",
    "parameters": {"m": 1}, "published": {"cls": 0.03}, "reason": "cls is 0.03", "why": "It failed: cls is 0.03.",
    "host": "node7",
    "attempts_list": [{"attempt": 1, "job_id": "job-1"}, {"attempt": 2, "job_id": "job-2"}],
}  # fmt: skip
PICTURE: dict[str, Any] = {
    "run": "r",
    "state": "running",
    "directory": "/srv/runs/r",
    "digest": "sha256:1",
    "steps": [STEP],
}


def picture(service: Running, run: str, number: int = 1, **changed: Any) -> None:
    """Leave a picture of a run, as its driver does."""
    told = {**PICTURE, **changed}
    steps = told.pop("steps")
    row = {"run": run, "number": number, "at": service.clock(), "body": json.dumps(told)}
    with service.parts.ledger.writing() as connection:
        for table in (tables.snapshots, tables.steps):
            connection.execute(table.delete().where(table.c.run == run))
        connection.execute(insert(tables.snapshots).values(**row))
        if steps:
            connection.execute(insert(tables.steps), [row_of(run, at, number, it) for at, it in enumerate(steps)])
        connection.execute(insert(tables.changes).values(kind="run", id=run))


@pytest.fixture
def staged(service: Running) -> Staged:
    return Staged(service)


def test_a_reader_sees_how_a_run_goes_and_no_result_before_the_release(service: Running, staged: Staged) -> None:
    run = staged.run(staged.request("accepted"))
    picture(service, run)
    stranger, carol = service.client(), service.client(service.person("carol"))
    seen = stranger.get(f"/runs/{run}")
    assert seen.status_code == 200 and seen.json()["state"] == "running"
    assert "0.03" not in seen.text and "/srv" not in seen.text and "node7" not in seen.text
    assert stranger.get(f"/runs/{run}/steps/fit/0").json()["attempts"] == 2
    assert stranger.get(f"/runs/{run}/log", params={"step": "/fit/0"}).status_code == 403
    inside = carol.get(f"/runs/{run}").json()["steps"][0]
    assert inside["published"] == {"cls": 0.03} and "/srv" not in json.dumps(inside)


def test_what_is_released_is_open_to_the_log(service: Running, staged: Staged, tmp_path: Path) -> None:
    run = staged.run(staged.request("released"), folder=str(tmp_path))
    picture(service, run)
    for number in (1, 2):
        (tmp_path / f"jobs/job-{number}").mkdir(parents=True)
        (tmp_path / f"jobs/job-{number}/log").write_text(f"attempt {number}\n\x1b[31mred\x1b[0m \u202egnp.exe\nüber\n")
    stranger = service.client()
    window = stranger.get(f"/runs/{run}/log", params={"step": "fit/0"}).json()
    assert window["attempt"] == 2 and window["ended"] and window["next"] == window["size"]
    assert window["text"] == "attempt 2\n\\u001b[31mred\\u001b[0m \\u202egnp.exe\nüber\n"
    first = stranger.get(f"/runs/{run}/log", params={"step": "fit/0", "attempt": 1, "limit": 12}).json()
    assert first["text"] == "attempt 1\n" and first["next"] == 10
    rest = stranger.get(f"/runs/{run}/log", params={"step": "fit/0", "attempt": 1, "offset": first["next"]}).json()
    assert rest["text"].endswith("über\n") and rest["next"] == rest["size"]
    assert stranger.get(f"/runs/{run}/log", params={"step": "fit/0", "attempt": 3}).status_code == 404
    assert stranger.get(f"/runs/{run}/log", params={"step": "../../x"}).status_code == 404


@pytest.mark.parametrize("job", ["../../etc", "..", "a/b", ""])
def test_a_picture_leads_nowhere_outside_of_the_run(service: Running, staged: Staged, tmp_path: Path, job: str) -> None:
    run = staged.run(staged.request("released"), folder=str(tmp_path / "run"))
    picture(service, run, steps=[{**STEP, "job_id": job, "attempts_list": []}])
    assert service.client().get(f"/runs/{run}/log", params={"step": "fit/0"}).status_code == 404


def test_a_log_that_is_a_link_is_not_followed(service: Running, staged: Staged, tmp_path: Path) -> None:
    run = staged.run(staged.request("released"), folder=str(tmp_path))
    picture(service, run)
    (tmp_path / "secret").write_text("secret\n")
    (tmp_path / "jobs/job-2").mkdir(parents=True)
    (tmp_path / "jobs/job-2/log").symlink_to(tmp_path / "secret")
    answer = service.client().get(f"/runs/{run}/log", params={"step": "fit/0"})
    assert answer.status_code == 503 and "secret" not in answer.text


def test_no_window_shows_half_of_a_secret(tmp_path: Path, home: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"begin\nAuthorization: Bearer " + b"x" * 40 + b"\nend\n")
    for offset in range(log.stat().st_size + 1):
        window = lines_from(log, offset, 1, ended=True)
        assert window.text in ("begin\n", "end\n", "") or window.text.startswith("Authorization: ")


@given(some.binary(max_size=300), some.integers(1, 40))
def test_windows_make_up_the_log(tmp_path_factory: pytest.TempPathFactory, content: bytes, limit: int) -> None:
    log = tmp_path_factory.mktemp("log") / "log"
    log.write_bytes(content)
    offset, pieces = 0, []
    while (window := lines_from(log, offset, limit, ended=True)).text:
        assert window.start == offset < window.next
        pieces.append(content[window.start : window.next])
        offset = window.next
    assert b"".join(pieces) == content and offset == len(content)


def test_a_line_that_is_still_written_is_waited_for(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"one\ntw")
    assert lines_from(log, 0, 100, ended=False).text == "one\n"
    assert lines_from(log, 4, 100, ended=False).text == ""
    assert lines_from(log, 4, 100, ended=True).text == "tw"
    assert lines_from(tmp_path / "none", 0, 100, ended=False).size == 0
