"""Nothing that we read sends us into this network, however an address is spelt, wrapped or hidden behind a name."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import stamina

from recast.errors import NetworkError, PermissionDenied
from recast.registry import Registry
from recast.remote.client import Client
from recast.remote.guard import public_address
from recast.remote.hosts import hosts
from recast.worker.remote import web
from recast.worker.remote.fetch import read_small
from recast.worker.remote.guard import is_public, literal_address
from tests.registry.fake import FakeRegistry, serving

NOT_PUBLIC = [
    *("127.0.0.1", "127.255.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "0.1.2.3"),
    *("100.64.0.1", "198.18.0.1", "192.0.2.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("192.88.99.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "ff0e::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::8.8.8.8", "::ffff:0:127.0.0.1"),
    *("64:ff9b::127.0.0.1", "64:ff9b::a00:1", "64:ff9b::169.254.169.254", "64:ff9b:1::1", "64:ff9b:1::8.8.8.8"),
    *("2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::1", "2001::1", "2001:0:7f00:1::1", "2001:db8::1", "3fff::1"),
    *("100::1", "5f00::1", "nonsense", ""),
    *("192.0.0.192", "168.63.129.16", "2a00::5efe:a00:1", "2a00:1:2:3:200:5efe:7f00:1", "fe80::5efe:808:808"),
]
PUBLIC = ["8.8.8.8", "128.142.0.1", "2001:1458:201::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"]
PUBLIC += ["2a00::5efe:808:808"]
SPELLINGS = ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1.", "localhost.", "a.localhost"]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_of_this_network(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_whole_network(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", [*SPELLINGS, "0xa9fea9fe", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]"])
@pytest.mark.parametrize("proxied", [False, True])
def test_spellings(host: str, proxied: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if proxied:
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert literal_address(host)
    with pytest.raises(PermissionDenied) as caught:
        public_address(f"https://{host}/x", ())
    assert caught.value.code == "permission.private-address"


@pytest.mark.parametrize("host", ["example.org", "1and1.com", "127.0.0.1.example.org", "0x", ""])
def test_names(host: str) -> None:
    assert literal_address(host) == ""


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Answers for `rebinding.example`, one after the other, the last one for ever."""
    answers: list[list[str]] = []
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        if host != "rebinding.example":
            return real(host, port, *rest, **named)
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [item for address in found for item in real(address, port, *rest, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return answers


@pytest.mark.parametrize("found", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"]])
def test_names_that_mean_them(found: list[str], resolver: list[list[str]]) -> None:
    resolver.append(found)
    with pytest.raises(PermissionDenied):
        public_address("https://rebinding.example/x", ())


def test_a_name_that_means_something_else_the_second_time(resolver: list[list[str]], monkeypatch: Any) -> None:
    """The connection goes to the address that was judged."""
    stamina.set_testing(True, attempts=1)
    monkeypatch.setattr("recast.remote.guard.is_public", lambda address: address == "192.0.2.9")
    asked: list[Any] = []

    def connect(address: Any, *rest: Any, **named: Any) -> Any:
        asked.append(address[0])
        raise OSError("nobody is there")

    monkeypatch.setattr(socket, "create_connection", connect)
    resolver[:] = [["192.0.2.9"], ["127.0.0.1"]]
    with pytest.raises(NetworkError):
        Client(hosts()).get("https://rebinding.example/x")
    resolver[:] = [["192.0.2.9"], ["127.0.0.1"]]
    with pytest.raises(NetworkError), Registry("rebinding.example/a/b", strangers=True) as registry:
        registry.document("latest")
    assert set(asked) == {"192.0.2.9"}


# -- registries that a spec names


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with serving() as registry:
        yield registry


@pytest.fixture(autouse=True)
def nobody(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "RECAST_OWN_REGISTRIES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_a_strangers_registry_is_not_asked(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[Any] = []
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: reached.append(a) or contextlib.nullcontext())
    digest = fake.add_image(b"layer")
    for name in (fake.name, fake.name.replace("127.0.0.1", "localhost"), fake.name.replace("127.0.0.1", "127.1")):
        with Registry(f"{name}@{digest}", strangers=True) as registry, pytest.raises(PermissionDenied) as caught:
            registry.resolve()
        assert "RECAST_OWN_REGISTRIES=" in caught.value.next_step
    assert not fake.seen and not reached


def test_the_user_may_name_it(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = fake.add_image(b"layer")
    with Registry(fake.name) as registry:
        assert registry.document(digest)
    monkeypatch.setenv("RECAST_OWN_REGISTRIES", fake.host)
    with Registry(fake.name, strangers=True) as registry:
        assert registry.document(digest)


def test_a_node_is_not_led_inside(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server outside sends a node on to one inside."""
    from recast.worker.failure import Failure
    from recast.worker.remote import wire
    from tests.remote.loopback import Reply

    target = server.add("/secret", b"inside")
    with serving():
        server.add("/out", Reply(b"", 302, {"Location": target.replace("127.0.0.1", "localhost")}))
    assert read_small(f"{server.url}/out", 100, web.Proof(), "*/*", "staging") == b"inside"  # all of it is this site
    monkeypatch.setattr(wire, "_is_outside", lambda host: True)
    seen = len(server.seen)
    with pytest.raises(Failure, match="not a public address"):
        read_small(f"{server.url}/out", 100, web.Proof(), "*/*", "staging")
    assert [asked.path for asked in server.seen[seen:]] == ["/out"]
