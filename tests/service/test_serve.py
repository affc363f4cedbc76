"""`recast serve` as one command: it says when it answers, and ends in time, whatever happens to its processes."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.catalogue.catalogue_parts import Checkout
from tests.conftest import Recast
from tests.processes import children, command
from tests.waiting import BOUND_S, until

ALONE = ("--port", "0", "--print-url", "--no-dispatch")


@contextmanager
def serving(*arguments: str | Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve until the end of the block; yield the process and the URL."""
    words = [sys.executable, "-m", "recast", "serve", *map(str, arguments)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate(timeout=60)


def get(url: str, token: str = "") -> httpx2.Response:
    return httpx2.get(url, headers={"Authorization": f"Bearer {token}"} if token else {}, trust_env=False, timeout=300)


def web_process(process: subprocess.Popen[str]) -> int:
    return next(pid for pid in children(process.pid) if "recast.service.web" in command(pid))


def test_it_answers_as_soon_as_it_prints_its_url(home: Path, tmp_path: Path) -> None:
    token = tmp_path / "token"
    with serving(*ALONE, "--admin-token", token) as (process, url):
        assert get(f"{url}/healthz").json() == {"ok": True}
        assert get(f"{url}/readyz").json() == {"ok": True}
        assert stat.S_IMODE(token.stat().st_mode) == 0o600
        assert get(f"{url}/api/v1/me", token.read_text().strip()).json()["roles"] == ["administrator"]
        assert b"recast_http_requests" in get(f"{url}/metrics", token.read_text().strip()).content
        process.terminate()
        began = time.monotonic()
        process.communicate(timeout=60)
        assert process.returncode == 0 and time.monotonic() - began < 10
    assert (home / "service/ledger.sqlite").is_file()


def test_what_was_published_before_is_there_from_the_first_answer_on(recast: Recast, tmp_path: Path) -> None:
    assert recast("publish", Checkout(tmp_path / "checkout").entry).code == 0
    with serving(*ALONE) as (_, url):
        found = get(f"{url}/api/v1/analyses").json()
    assert found["total"] == 1
    with serving(*ALONE, "--database", f"sqlite:///{tmp_path}/other.sqlite") as (_, url):
        assert get(f"{url}/api/v1/analyses/{found['items'][0]['analysis']}").status_code == 200


def test_a_stream_does_not_keep_it_from_ending(home: Path, tmp_path: Path) -> None:
    token = tmp_path / "token"
    with serving(*ALONE, "--admin-token", token) as (process, url):
        client = httpx2.Client(
            headers={"Authorization": f"Bearer {token.read_text().strip()}"}, trust_env=False, timeout=BOUND_S
        )
        with client:
            made = client.post(f"{url}/api/v1/requests", json={"title": "x", "wanted": "y"}).json()
            with client.stream("GET", f"{url}/api/v1/requests/{made['id']}/events") as stream:
                assert next(stream.iter_lines()).startswith("retry:")
                began = time.monotonic()
                process.terminate()
                process.communicate(timeout=60)
                assert time.monotonic() - began < 10


def test_a_web_process_that_dies_is_started_again(home: Path) -> None:
    with serving(*ALONE) as (process, url):
        first = web_process(process)
        os.kill(first, signal.SIGKILL)
        until(lambda: [pid for pid in children(process.pid) if pid != first], "another web process")
        assert get(f"{url}/healthz").status_code == 200  # the connection waits in the socket until it answers


def test_nothing_is_left_when_it_is_killed(home: Path) -> None:
    with serving(*ALONE) as (process, _):
        child = web_process(process)
        process.kill()
        process.wait()
        until(lambda: not command(child), "the web process ends with its parent")


def test_an_address_that_is_taken(recast: Recast) -> None:
    with serving(*ALONE) as (_, url):
        refused = recast("serve", "--port", url.rpartition(":")[2], "--no-dispatch")
    assert refused.code == 4 and "cannot listen" in refused.err


@pytest.mark.parametrize(
    "arguments",
    [("--host", "0.0.0.0"), ("--database", "mysql://x/y"), ("--database", "sqlite:////proc/none/ledger.sqlite")],
)
def test_what_keeps_it_from_starting_is_said_once(recast: Recast, arguments: tuple[str, str]) -> None:
    refused = recast("serve", "--port", "0", "--no-dispatch", *arguments)
    assert refused.code in (2, 4, 5) and refused.err.count("error [") == 1 and not refused.out
    assert "Traceback" not in refused.err


def test_without_the_extra_it_says_what_to_type(
    recast: Recast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fastapi.py").write_text("raise ImportError")
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'fastapi' else find(name, *a)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    refused = recast("serve", "--port", "0")
    assert refused.code == 4
    assert "pip install 'recast-framework[service]'" in refused.err and "fastapi" in refused.err
