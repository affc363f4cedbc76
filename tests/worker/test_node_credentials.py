"""Where a node's credentials go: to the server that they are for, encrypted, or to this machine itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recast.worker.failure import Failure
from recast.worker.images.registry import RegistryProof
from recast.worker.remote import web
from recast.worker.remote.guard import may_carry_secrets
from recast.worker.remote.web import Proof, ask


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://anywhere.example/x", True),
        ("http://127.0.0.1:8000/x", True),
        ("http://[::1]:8000/x", True),
        ("http://localhost/x", True),
        ("http://storage.example/x", False),
        ("http://127.0.0.1:x@storage.example/x", False),
        ("http://localhost.example/x", False),
    ],
)
def test_where_secrets_may_go(url: str, may: bool) -> None:
    from recast.remote.guard import may_carry_secrets as at_home

    assert may_carry_secrets(url) is may
    assert at_home(url) is may


def test_a_token_is_not_sent_in_the_clear() -> None:
    with pytest.raises(Failure) as caught:
        ask("GET", "http://storage.example/x", Proof("t0ken"))
    assert caught.value.kind == "authentication" and "in the clear" in caught.value.message
    assert "t0ken" not in caught.value.message


@pytest.mark.parametrize("realm", ["http://127.0.0.1:x@evil.example/token", "http://127.0.0.1:9/token"])
def test_a_registry_elsewhere_sends_no_password_to_a_realm_in_the_clear(
    tmp_path: Path, realm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "auth.json").write_text(json.dumps({"auths": {"registry.example": {"auth": "dTpw"}}}))
    monkeypatch.setattr(web, "opener_for", lambda *_: pytest.fail("somebody was asked"))
    proof = RegistryProof("registry.example", "a/b", str(tmp_path / "auth.json"))
    with pytest.raises(Failure, match="in the clear"):
        proof.answer([f'Bearer realm="{realm}",service="x"'])


def test_a_token_that_anybody_gets_is_no_secret(tmp_path: Path) -> None:
    assert not RegistryProof("registry.example", "a/b", "").is_secret
    (tmp_path / "token").write_text("bare")
    assert RegistryProof("registry.example", "a/b", str(tmp_path / "token")).is_secret
