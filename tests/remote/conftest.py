from __future__ import annotations

import pytest
import stamina

from tests.remote.loopback import serving

TOKENS = "RECAST_GITHUB_TOKEN GITHUB_TOKEN GH_TOKEN RECAST_GITLAB_CERN_TOKEN YADAGE_SCHEMA_LOAD_TOKEN YADAGE_INIT_TOKEN"


@pytest.fixture
def server():
    with serving() as loopback:
        yield loopback


@pytest.fixture
def other():
    """A second server: another origin."""
    with serving() as loopback:
        yield loopback


@pytest.fixture
def encrypted():
    """A server that speaks TLS as `localhost`, with a certificate that nobody knows."""
    with serving(tls=True) as loopback:
        yield loopback


@pytest.fixture(autouse=True)
def surroundings(home, tmp_path, monkeypatch):
    """No tokens, no proxy, a cache of this test's own, no waiting between tries."""
    for name in (*TOKENS.split(), "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    stamina.set_testing(True, attempts=3)
    yield
    stamina.set_testing(False)


@pytest.fixture
def forges(server, monkeypatch):
    """Both forges are this server."""
    monkeypatch.setenv("RECAST_GITHUB_API", server.url)
    monkeypatch.setenv("RECAST_GITLAB_CERN_API", f"{server.url}/api/v4")
    return server
