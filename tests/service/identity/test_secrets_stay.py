"""No secret leaves by the side: logs, errors, reprs, files, what a process shows of itself."""

from __future__ import annotations

import logging
import stat
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from recast.errors import PermissionDenied, UsageError
from recast.ledger.people.secret_texts import Kind, new_secret
from recast.masked import masked, masked_json
from recast.service.identity import read_identity
from recast.service.identity.settings import OidcSettings
from recast.service.identity.shown import Shown
from recast.tomlfile import read_toml
from tests.service.identity.conftest import House
from tests.service.running import running

KINDS: tuple[Kind, ...] = ("token", "session", "link", "invitation")
OURS = {"Sec-Fetch-Site": "same-origin"}
CANARY = "canary-of-the-coal-mine"


@pytest.mark.parametrize("kind", KINDS)
def test_our_secrets_are_masked_wherever_they_stand(kind: Kind) -> None:
    secret = new_secret(kind)
    for text in (secret, f"GET /links/{secret} 200", f"https://x/login?code={secret}", f"failed: {secret!r}, again"):
        assert secret not in masked(text)
    assert secret not in str(masked_json({"a": [secret]}))


def test_no_secret_is_in_logs_or_errors(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Asked of the whole service: a fault that is told must not quote what was sent."""
    caplog.set_level(logging.DEBUG)
    secrets = {kind: new_secret(kind) for kind in KINDS}
    with running(tmp_path) as service, httpx2.Client(base_url=service.url, headers=OURS, timeout=300) as client:
        answers = [
            client.get("/api/v1/me", headers={"Authorization": f"Bearer {secrets['token']}"}),
            client.get("/api/v1/requests", headers={"Authorization": f"Bearer {CANARY}"}),
            client.get(f"/links/{secrets['link']}"),
            client.get("/login/invitation", params={"code": secrets["invitation"]}),
            client.post("/login/local", data={"login": "ann", "password": CANARY}),
            client.post("/api/v1/login/local", json={"login": "ann", "password": CANARY}),
            client.post("/api/v1/login/local", json={"login": CANARY * 9, "password": CANARY * 99}),
            client.post("/api/v1/login/local", content=f'{{"password": "{CANARY}'),
            client.post("/login/invitation", data={"code": secrets["invitation"], "password": CANARY}),
            client.get("/login/oidc/return", params={"code": CANARY, "state": CANARY}),
            client.get("/api/v1/me", params={"token": CANARY}, headers={"Authorization": "Bearer x"}),
        ]
    logged = (it.getMessage() for it in caplog.records if not it.name.startswith("http"))  # the client's own aside
    told = "\n".join([*(answer.text for answer in answers), *logged, *capfd.readouterr()])
    assert all(answer.status_code >= 400 for answer in answers)
    for secret in (*secrets.values(), CANARY):
        assert secret not in told


def test_reprs_tell_no_secret(house: House) -> None:
    shown = Shown("GET", {"authorization": CANARY}, {"recast-session": CANARY}, "127.0.0.1")
    settings = OidcSettings("x", "https://id.example.org", "recast", CANARY)
    assert CANARY not in repr(shown) + repr(settings)


def test_the_administrators_token_is_for_its_owner_alone(house: House, tmp_path: Path) -> None:
    path = tmp_path / "admin-token"
    path.write_text("of an earlier start")
    path.chmod(0o644)
    house.identity.write_admin_token(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    token = path.read_text().strip()
    said = house.client().get("/who", headers={"Authorization": f"Bearer {token}"}).json()
    assert (said["roles"], "admin" in said["scopes"]) == (["administrator"], True)
    house.identity.write_admin_token(path)
    assert house.client().get("/who", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert [it.name for it in tmp_path.iterdir() if "admin" in it.name] == ["admin-token"]
    assert house.identity.first_link()  # it is nobody who could log in


def test_a_link_at_the_place_of_the_token_is_not_followed(house: House, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept")
    (tmp_path / "admin-token").symlink_to(victim)
    house.identity.write_admin_token(tmp_path / "admin-token")
    assert victim.read_text() == "kept"


def test_the_secret_of_the_client_is_in_a_file_of_its_own(tmp_path: Path) -> None:
    secret, file = tmp_path / "secret", tmp_path / "service.toml"
    secret.write_text(f"{CANARY}\n")
    file.write_text(f'[oidc]\nissuer = "https://id.example.org"\nclient_id = "r"\nclient_secret_file = "{secret}"\n')
    secret.chmod(0o644)
    with pytest.raises(PermissionDenied) as refused:
        read_identity(read_toml(file, "it"))
    assert CANARY not in str(refused.value) + refused.value.why
    secret.chmod(0o600)
    found = read_identity(read_toml(file, "it")).oidc
    assert found is not None
    assert (found.client_secret, found.name) == (CANARY, "id.example.org")


@pytest.mark.parametrize(
    "text",
    [
        '[oidc]\nissuer = "http://id.example.org"\nclient_id = "r"',
        '[oidc]\nissuer = "https://id.example.org?x"\nclient_id = "r"',
        '[oidc]\nissuer = 7\nclient_id = "r"',
        '[oidc]\nclient_id = "r"',
        '[oidc]\nissuer = "https://id.example.org"',
        '[oidc]\nissuer = "https://id.example.org"\nclient_id = "r"\nclient_secret = "in the open"',
        '[people]\nlocal_accounts = "yes"',
        "[people]\nrequests_per_minute = -1",
        "[quotas]\ncore_hours = true",
        "[quotas]\nbeer = 1",
    ],
)
def test_settings_that_are_wrong_are_told_with_their_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "service.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as refused:
        read_identity(read_toml(file, "it"))
    assert f"{file}:" in refused.value.where


def test_the_first_link_is_not_in_what_is_recorded(house: House, build: Callable[..., House]) -> None:
    link = house.identity.first_link()
    assert link.partition("=")[2] not in masked(f"open http://127.0.0.1:8470{link}")
