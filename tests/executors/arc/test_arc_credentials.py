"""How long a proxy or a token lives, and what is said when it is over."""

from __future__ import annotations

import base64
import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.errors import CredentialsProblem, ExecutorError
from recast.executors.grid.certificate import expiry
from recast.executors.grid.credentials import Credentials, find_credentials
from tests.testbeds.arc.authority import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    found = Authority(tmp_path_factory.mktemp("authority"))
    found.found()
    return found


@pytest.fixture(scope="module")
def proxy(authority: Authority) -> Path:
    target = authority.certificates.parent / "proxy"
    return authority.proxy(authority.sign("somebody"), target, life_s=3600)


def test_a_proxy_lives_as_long_as_it_was_made_for(authority: Authority, proxy: Path) -> None:
    left = expiry(proxy.read_bytes()) - datetime.now(UTC)
    assert timedelta(minutes=58) < left <= timedelta(minutes=61)
    credentials = Credentials(proxy, authority.certificates)
    credentials.check()
    assert credentials.context().verify_mode.name == "CERT_REQUIRED"


def test_an_expired_proxy_says_since_when_and_what_to_type(authority: Authority, proxy: Path) -> None:
    end = expiry(proxy.read_bytes())
    with pytest.raises(CredentialsProblem, match=r"proxy .* has expired") as caught:
        Credentials(proxy, authority.certificates).check(end)
    assert f"{end:%Y-%m-%d %H:%M:%S} UTC" in caught.value.why
    assert "arcproxy" in caught.value.next_step


def test_the_first_of_a_chain_to_end_counts(authority: Authority, proxy: Path) -> None:
    longer = (authority.certificates.parent / "somebody.pem").read_bytes()
    assert expiry(longer) > expiry(proxy.read_bytes()) == expiry(longer + proxy.read_bytes())


def test_a_missing_proxy_and_missing_authorities(authority: Authority, proxy: Path, tmp_path: Path) -> None:
    with pytest.raises(CredentialsProblem, match="no proxy"):
        Credentials(tmp_path / "none", authority.certificates).stamp()
    with pytest.raises(ExecutorError, match="no certificate authorities"):
        Credentials(proxy, tmp_path / "none").context()
    (tmp_path / "empty").touch()
    with pytest.raises(CredentialsProblem, match="cannot be read"):
        Credentials(tmp_path / "empty", authority.certificates).check()


@given(st.binary())
def test_any_bytes_are_a_certificate_or_refused(der: bytes) -> None:
    pem = b"-----BEGIN CERTIFICATE-----\n" + base64.b64encode(der) + b"\n-----END CERTIFICATE-----\n"
    with contextlib.suppress(ValueError):
        expiry(pem)


@given(st.data())
def test_a_damaged_certificate_is_read_or_refused(proxy: Path, data: st.DataObject) -> None:
    der = bytearray(base64.b64decode(proxy.read_bytes().split(b"-----")[2]))
    at = data.draw(st.integers(0, len(der) - 1))
    der[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(der)))
    pem = b"-----BEGIN CERTIFICATE-----\n" + base64.b64encode(der[:cut]) + b"\n-----END CERTIFICATE-----\n"
    with contextlib.suppress(ValueError):
        expiry(pem)


# tokens ----------------------------------------------------------------------------------------------------------


def token(claims: object) -> str:
    head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({}, claims))
    return f"{head}.{body}.c2lnbmF0dXJl"


def test_a_token_is_sent_and_its_end_is_known(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(token({"exp": 2_000_000_000}) + "\n")
    credentials = find_credentials("/no/proxy", str(file), str(tmp_path))
    assert credentials.headers() == {"Authorization": f"Bearer {file.read_text().strip()}"}
    credentials.check(datetime.fromtimestamp(1_999_999_999, UTC))
    with pytest.raises(CredentialsProblem, match=r"bearer token .* has expired"):
        credentials.check(datetime.fromtimestamp(2_000_000_000, UTC))


@given(st.text() | st.from_regex(r"[\w-]*\.[\w-]*\.[\w-]*", fullmatch=True))
def test_any_token_is_opaque_to_us(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("token") / "token"
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    with contextlib.suppress(CredentialsProblem):
        Credentials(file, file.parent, is_token=True).check(datetime(1980, 1, 1, tzinfo=UTC))


def test_credentials_are_where_grid_tools_have_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("X509_USER_PROXY", str(tmp_path / "p"))
    monkeypatch.setenv("X509_CERT_DIR", str(tmp_path))
    found = find_credentials(None, None, None)
    assert (found.file, found.ca_dir, found.is_token) == (tmp_path / "p", tmp_path, False)
    monkeypatch.delenv("X509_USER_PROXY")
    assert find_credentials(None, None, None).file.name.startswith("x509up_u")


def test_without_a_folder_the_authorities_of_this_machine_and_its_grid_are_trusted(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("sesame")
    known = Credentials(tmp_path / "token", None, is_token=True, whom="the PanDA server", owner="panda")
    monkeypatch.setattr("recast.executors.grid.credentials._GRID_AUTHORITIES", tmp_path / "none")
    context = known.context()
    assert context.verify_mode.name == "CERT_REQUIRED" and context.check_hostname
    monkeypatch.setattr("recast.executors.grid.credentials._GRID_AUTHORITIES", authority.certificates)
    assert known.context().verify_mode.name == "CERT_REQUIRED"
    with pytest.raises(CredentialsProblem, match="no bearer token for the PanDA server"):
        Credentials(tmp_path / "gone", None, is_token=True, whom="the PanDA server").headers()
