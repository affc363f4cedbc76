"""Registries on loopback, real and scripted, and a home that knows no credentials."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import stamina

from recast.images import ImageStore
from tests.registry.fake import FakeRegistry, serving
from tests.registry.real import Real, make_certificates, real_registry

_UNSET = ["REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR"]
_PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A person without credentials and proxies; no waiting between tries."""
    for name in (*_UNSET, *_PROXIES, "RECAST_REGISTRY_MIRRORS", "RECAST_PLAIN_HTTP_REGISTRIES"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "person").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "person"))
    stamina.set_testing(True, attempts=3)
    yield
    stamina.set_testing(False)


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "store")


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with serving() as registry:
        yield registry


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ca.crt, server.crt and server.key, made for this run of the tests."""
    folder = tmp_path_factory.mktemp("tls")
    make_certificates(folder)
    return folder


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """A real registry for everybody."""
    with real_registry(tmp_path_factory.mktemp("plain") / "r") as real:
        yield real


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """A real registry with TLS and a password."""
    with real_registry(tmp_path_factory.mktemp("guarded") / "r", password=True, tls=True) as real:
        yield real


@pytest.fixture
def credentials(tmp_path: Path) -> Callable[[FakeRegistry], None]:
    """Write the credentials that a fake registry's token server believes."""

    def write(registry: FakeRegistry) -> None:
        file = tmp_path / "person/.config/containers/auth.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"auths": {registry.host: {"auth": "cmVhZGVyOnNlc2FtZQ=="}}}))

    return write
