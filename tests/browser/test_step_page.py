"""The page of a step in a browser: pictures, axe, a log that follows and grows upwards, all of it without scripts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.window import opened
from tests.service.pages.test_step_page import step_with_log
from tests.service.running import Running, running
from tests.service.staged import Staged

pytestmark = pytest.mark.slow

_COLOURS = ("red", 31), ("green", 32), ("yellow", 33), ("blue", 34), ("magenta", 35), ("cyan", 36), ("white", 37)
_JOB = {
    "image": "sha256:" + "4" * 64, "command": "python3 fit.py --points points.json \\\n  --output limit.json",
    "is_script": False, "interpreter": "sh", "workdir": "fit_0", "network": False, "resources": {},
    "inputs": [{"path": "select_0/events.root", "digest": "sha256:" + "1" * 64, "size": 123456}],
}  # fmt: skip
_FACTS: dict[str, Any] = {
    "job": _JOB,
    "outputs": [{"path": "limit.json", "digest": "sha256:" + "2" * 64, "size": 321}],
    "resources": {"cpus": 2, "memory_mb": 2000, "walltime_s": 3600},
    "attempts": [
        {"attempt": 1, "submitted": 1.7e9, "host": "node7", "failure": "memory", "message": "killed at 2000 MB",
         "asked": {"cpus": 2, "memory_mb": 1000}, "used": {"wall_s": 12.25, "peak_memory_mb": 1000}},
        {"attempt": 2, "submitted": 1.7e9 + 60, "host": "node8", "exit_code": 0,
         "asked": {"cpus": 2, "memory_mb": 2000}, "used": {"wall_s": 31.5, "peak_memory_mb": 1210.5}},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch, running(tmp_path_factory.mktemp("service")) as service:
        patch.setenv("RECAST_HOME", str(Path(tmp_path_factory.mktemp("home"))))
        service.parts.facts._ask = lambda *_: _FACTS
        yield service


def _log() -> bytes:
    lines = [f"INFO  fit.py: iteration {number}, -2 ln L = {1234.5 - number / 7:.4f}" for number in range(3000)]
    lines += [f"\x1b[{code}m{name} as a terminal shows it\x1b[0m, \x1b[1;{code}mbold\x1b[0m" for name, code in _COLOURS]
    lines += ["<b>no HTML</b> \u202e and \x1b[2J nothing that a terminal obeys", "x" * 400, "last line"]
    return "\n".join(lines).encode() + b"\n"


def _made(service: Running, folder: Path, **changed: Any) -> str:
    used = {"peak_memory_bytes": 1_210_500_000, "cpu_s": 30.25, "host": "node8", "image_run": "sha256:" + "4" * 64}
    known = {"state": "succeeded", "exit_code": 0, "reason": "", "depends_on": ["/select/0"], "parameters": {"seed": 7}}
    address = step_with_log(service, Staged(service), folder, "released", _log(), **{**used, **known, **changed})
    return address.removeprefix(service.url)


def test_pictures_and_barriers(chromium: Browser, service: Running, tmp_path: Path) -> None:
    """Nothing scrolls sideways, axe finds nothing; with RECAST_PICTURES=DIR the pictures are kept."""
    path = _made(service, tmp_path)
    album = Path(os.environ.get("RECAST_PICTURES") or tmp_path / "album")
    album.mkdir(parents=True, exist_ok=True)
    pages = {"step": path, "step-two": f"{path}?attempt=2&beside=1", "step-found": f"{path}?q=iteration+29"}
    for width, theme in product((320, 1280), ("light", "dark")):
        with opened(chromium, service.url, width=width, theme=theme) as window:  # type: ignore[arg-type]
            for name, address in pages.items():
                page = window.go(address)
                expect(page.get_by_role("heading", name="Outputs")).to_be_visible()
                assert window.too_wide() == [], (name, width)
                picture = page.screenshot(full_page=True)
                (album / f"{name}-{theme}-{width}.png").write_bytes(picture)
                assert window.barriers() == [], (name, theme)


def test_it_grows_upwards_and_follows_what_is_written(chromium: Browser, service: Running, tmp_path: Path) -> None:
    path = _made(service, tmp_path, state="running")
    with opened(chromium, service.url) as window:
        page = window.go(path)
        log = page.get_by_role("region", name="Log of attempt 2")
        log.evaluate("it => it.scrollIntoView({block: 'end'})")
        with (tmp_path / "jobs/job-2/log").open("ab") as file:
            file.write(b"one more\n")
        expect(log.get_by_text("one more")).to_be_in_viewport()
        assert "iteration 1900," not in log.inner_text()
        log.evaluate("it => it.scrollTo(0, -it.scrollHeight)")
        expect(log).to_contain_text("iteration 1900,")
        for _ in range(20):
            log.evaluate("it => it.scrollTo(0, -it.scrollHeight)")
            if "iteration 0," in log.inner_text():
                break
            page.wait_for_timeout(100)
        shown = [line for line in log.inner_text().splitlines() if "iteration" in line]
        assert [f"iteration {number}," in line for number, line in enumerate(shown)] == [True] * 3000


def test_without_scripts_links_do_it_all(chromium: Browser, service: Running, tmp_path: Path) -> None:
    path = _made(service, tmp_path)
    with opened(chromium, service.url, scripts=False) as window:
        page = window.go(path)
        expect(page.get_by_text("last line")).to_be_in_viewport()
        page.get_by_role("link", name="Earlier lines").click()
        expect(page.get_by_text("iteration 1900,")).to_be_attached()
        page.get_by_role("link", name="Command, inputs, outputs and attempts").click()
        expect(page.get_by_text("python3 fit.py")).to_be_visible()
        page.get_by_label("Words in this log").fill("ITERATION 2999")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name="byte").click()
        expect(page.get_by_role("region", name="Log of attempt 2").get_by_text("iteration 2999")).to_be_in_viewport()
