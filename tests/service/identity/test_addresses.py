"""Where a request comes from, behind a reverse proxy: limits are for whoever asks, and nobody chooses their place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.service.identity import read_identity
from recast.service.identity.shown import address_of
from recast.tomlfile import TomlFile, read_toml
from tests.service.identity.conftest import House

PROXIES = {"127.0.0.1", "10.0.0.5"}


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.5", [], "203.0.113.5"),
        ("203.0.113.5", ["198.51.100.7"], "203.0.113.5"),  # no proxy of ours: its word does not count
        ("127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["1.1.1.1, 198.51.100.7"], "198.51.100.7"),  # what it wrote itself stands before
        ("127.0.0.1", ["1.1.1.1", "198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["198.51.100.7, 10.0.0.5"], "198.51.100.7"),  # two proxies
        ("127.0.0.1", ["2001:db8::7"], "2001:db8::7"),
        ("127.0.0.1", ["unknown"], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", [], "127.0.0.1"),
    ],
)
def test_whose_word_counts(peer: str, forwarded: list[str], address: str) -> None:
    assert address_of(peer, forwarded, PROXIES) == address


@given(st.text(max_size=60))
def test_no_text_before_the_own_address_moves_anybody(text: str) -> None:
    assert address_of("127.0.0.1", [f"{text}, 198.51.100.7"], PROXIES) == "198.51.100.7"


def test_a_proxy_on_this_machine_is_believed_only_if_the_service_has_another_url(tmp_path: Path) -> None:
    assert "127.0.0.1" in read_identity(TomlFile(), "https://recast.example.org").proxies
    assert not read_identity(TomlFile(), "").proxies
    assert not read_identity(TomlFile(), "http://localhost:8080/recast").proxies
    file = tmp_path / "service.toml"
    file.write_text('[people]\nproxies = ["10.0.0.5"]\n')
    assert read_identity(read_toml(file, "it"), "https://recast.example.org").proxies == {"10.0.0.5"}


def test_one_attacker_behind_a_proxy_shuts_nobody_else_out(build: Callable[..., House]) -> None:
    house = build(base_url="https://recast.example.org", proxies=frozenset({"127.0.0.1"}))
    token = house.token(house.user())
    client = house.client("127.0.0.1", "https://recast.example.org")
    for number in range(70):
        headers = {"Authorization": "Bearer rct_wrong", "X-Forwarded-For": f"9.9.9.{number}, 198.51.100.7"}
        last = client.get("/who", headers=headers).status_code
    assert last == 429
    ours = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "203.0.113.5"}
    assert client.get("/who", headers=ours).status_code == 200
