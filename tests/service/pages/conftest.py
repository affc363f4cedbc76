"""A service for each module, a browser that asks it, and requests with the people around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx2
import pytest

from tests.service.pages.filled import Browser, logged_in
from tests.service.pages.reading import HTML, Page, read
from tests.service.running import Running, shared
from tests.service.staged import Staged


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running service that the tests of a module share."""
    with shared(tmp_path_factory) as service:
        yield service


@pytest.fixture(scope="module")
def staged(site: Running) -> Staged:
    """Requests of Alice's, which Carol is the contact for."""
    return Staged(site)


@pytest.fixture
def alice(site: Running, staged: Staged) -> Browser:
    """The browser in which Alice has logged in."""
    return logged_in(site, "alice")


@pytest.fixture(scope="module")
def browser(site: Running) -> Iterator[httpx2.Client]:
    """A stranger's browser."""
    with httpx2.Client(base_url=site.url, headers={"Accept": HTML}, timeout=300, trust_env=False) as browser:
        yield browser


@pytest.fixture(scope="module")
def see(browser: httpx2.Client) -> Callable[..., Page]:
    """What a stranger sees at an address."""
    return lambda path, status=200: read(browser.get(path), status)
