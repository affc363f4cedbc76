"""A service for each module, and a browser that asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.service.pages.reading import Page, read
from tests.service.running import Running, running

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running service that the tests of a module share."""
    with pytest.MonkeyPatch.context() as patch, running(tmp_path_factory.mktemp("service")) as service:
        patch.setenv("RECAST_HOME", str(Path(tmp_path_factory.mktemp("home"))))
        yield service


@pytest.fixture(scope="module")
def browser(site: Running) -> Iterator[httpx2.Client]:
    """A stranger's browser."""
    with httpx2.Client(base_url=site.url, headers={"Accept": HTML}, timeout=300, trust_env=False) as browser:
        yield browser


@pytest.fixture(scope="module")
def see(browser: httpx2.Client) -> Callable[..., Page]:
    """What a stranger sees at an address."""
    return lambda path, status=200: read(browser.get(path), status)
