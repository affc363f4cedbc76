"""A password goes to the host that it is for, by the host that is asked, and never where others can read it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recast.errors import PermissionDenied
from recast.registry import Registry
from recast.registry.http.challenge import Challenge
from recast.registry.http.credentials import Credentials
from recast.registry.http.tokens import Tokens
from tests.registry.fake import FakeRegistry, Handler, serving

BASIC = 'Basic realm="anything"'


@pytest.fixture
def other() -> Iterator[FakeRegistry]:
    with serving() as registry:
        yield registry


@pytest.fixture
def known(tmp_path: Path) -> Callable[..., None]:
    """Write credentials for hosts."""

    def write(**by_host: str) -> None:
        file = tmp_path / "person/.config/containers/auth.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"auths": {host: {"auth": auth} for host, auth in by_host.items()}}))

    return write


def asking(handler: Handler) -> None:
    """Say 401 to whoever comes, and want a password."""
    handler.reply(401, b"{}", {"WWW-Authenticate": BASIC})


def proofs(fake: FakeRegistry) -> set[str]:
    return {seen.headers["authorization"] for seen in fake.seen if "authorization" in seen.headers}


@pytest.mark.parametrize("original", ["docker.io", "registry.example.org"])
def test_a_mirror_gets_no_password_of_what_it_mirrors(
    fake: FakeRegistry, known: Callable[..., None], monkeypatch: pytest.MonkeyPatch, original: str
) -> None:
    known(**{original: "dXNlcjpodWJodWI="})
    monkeypatch.setenv("RECAST_REGISTRY_MIRRORS", f"{original}={fake.host}/hub")
    fake.fault("GET", "manifests", asking, times=9)
    with Registry(f"{original}/team/image:1") as registry, pytest.raises(PermissionDenied) as caught:
        registry.resolve()
    assert proofs(fake) == set()
    assert fake.host in caught.value.what and f"podman login {fake.host}" in caught.value.next_step


def test_a_mirror_gets_its_own_password(
    fake: FakeRegistry, known: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    known(**{"docker.io": "dXNlcjpodWJodWI=", fake.host: "bWlycm9yOm1pcnJvcg=="})
    monkeypatch.setenv("RECAST_REGISTRY_MIRRORS", f"docker.io={fake.host}")
    digest = fake.add_image(b"layer")
    fake.fault("GET", "manifests", asking)
    with Registry("docker.io/team/image:1") as registry:
        assert registry.document(digest)
    assert proofs(fake) == {"Basic bWlycm9yOm1pcnJvcg=="}


def test_the_wish_to_speak_plainly_to_a_host_is_none_to_its_mirror(
    fake: FakeRegistry, known: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from recast.registry.name import parse_target
    from recast.registry.settings import settings

    env = {
        "RECAST_REGISTRY_MIRRORS": "here.example:1=mirror.example:2",
        "RECAST_PLAIN_HTTP_REGISTRIES": "here.example:1",
    }
    assert not settings(env).is_plain(settings(env).asked(parse_target("here.example:1/a")))


@pytest.mark.parametrize("way", ["basic", "bearer"])
def test_a_registry_in_the_clear_gets_no_password(
    fake: FakeRegistry,
    credentials: Callable[[FakeRegistry], None],
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    credentials(fake)
    monkeypatch.setenv("RECAST_PLAIN_HTTP_REGISTRIES", fake.host)
    monkeypatch.setattr("recast.worker.remote.guard.is_loopback", lambda host: False)  # as if it were another machine
    fake.token = "t0ken" if way == "bearer" else ""
    if way == "basic":
        fake.fault("GET", "manifests", asking, times=9)
    with Registry(fake.name) as registry, pytest.raises(PermissionDenied) as caught:
        registry.resolve("1")
    assert proofs(fake) == set()
    if way == "basic":
        assert "not encrypted" in caught.value.why and "auth.json" in caught.value.why


def test_an_identity_token_stays_here_too() -> None:
    calls: list[object] = []
    known = Credentials(identity_token="very-secret", source="auth.json")
    tokens = Tokens("http://registry.example.org", known, lambda *call: (calls.append(call), b'{"token": "x"}')[1])
    tokens.answer([Challenge("bearer", {"realm": "http://registry.example.org/token"})], ("a",), None)
    assert calls and "very-secret" not in repr(calls)
    assert "auth.json" in tokens.standing
