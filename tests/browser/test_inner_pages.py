"""The pages of an answer and of operators in a browser: pictures, axe, and nothing that scrolls sideways."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.window import opened
from tests.service.evidence.test_evidence import EVIDENCE, answered
from tests.service.operators.test_operators import filled
from tests.service.running import Running, running
from tests.service.staged import Staged

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch, running(tmp_path_factory.mktemp("service")) as service:
        patch.setenv("RECAST_HOME", str(Path(tmp_path_factory.mktemp("home"))))
        yield service


def test_pictures_and_barriers(chromium: Browser, service: Running, tmp_path: Path) -> None:
    """With RECAST_PICTURES=DIR the pictures are kept."""
    staged = Staged(service)
    filled(service, staged)
    request = answered(staged, **EVIDENCE)
    staged.act(request.id, "review", staged.carol)
    staged.act(request.id, "release", staged.carol)
    album = Path(os.environ.get("RECAST_PICTURES") or tmp_path / "album")
    album.mkdir(parents=True, exist_ok=True)
    pages = {"answer": f"/requests/{request.id}/answers/a1", "operators": "/operators"}
    otto = {"Authorization": f"Bearer {service.person('otto', roles='operator')}"}
    for width, theme in product((320, 1280), ("light", "dark")):
        with opened(chromium, service.url, width=width, theme=theme) as window:  # type: ignore[arg-type]
            window.page.set_extra_http_headers(otto)
            for name, address in pages.items():
                page = window.go(address)
                assert window.too_wide() == [], (name, width)
                (album / f"{name}-{theme}-{width}.png").write_bytes(page.screenshot(full_page=True))
                assert window.barriers() == [], (name, theme)
