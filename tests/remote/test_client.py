"""The client against a server that is ill, slow, huge, or sends us elsewhere."""

import pytest

from recast.errors import NetworkError, NotFound, PermissionDenied, UsageError
from recast.remote.client import Client
from recast.remote.hosts import hosts, shown
from tests.remote.loopback import Reply, certificate

TOKEN = "s3cr3t"


@pytest.fixture
def ask(server):
    """Get a path of the server, as if the user had named it."""
    return lambda path, **options: Client(hosts(), [server.url]).get(server.url + path, **options)


def test_content_and_headers(server, ask):
    server.add("/x", Reply(b"hello", headers={"ETag": '"1"'}))
    answer = ask("/x", headers={"Accept": "text/plain"})
    assert (answer.content, answer.headers["etag"]) == (b"hello", '"1"')
    assert server.seen[0].headers["accept"] == "text/plain"


@pytest.mark.parametrize(
    ("status", "error", "code", "exit_code"),
    [
        (401, PermissionDenied, "permission.server", 5),
        (403, PermissionDenied, "permission.server", 5),
        (404, NotFound, "not-found.remote", 6),
        (410, NotFound, "not-found.remote", 6),
        (418, NetworkError, "network", 4),
        (500, NetworkError, "network", 4),
    ],
)
def test_a_status_is_an_error(server, ask, status, error, code, exit_code):
    server.add("/x", Reply(b"", status))
    with pytest.raises(error) as caught:
        ask("/x")
    assert (caught.value.code, caught.value.exit_code) == (code, exit_code)
    assert caught.value.where == f"{server.url}/x"
    assert str(status) in caught.value.why
    assert caught.value.next_step


def test_a_passing_trouble_is_tried_again(server, ask):
    server.add("/x", Reply(b"", 500), Reply(b"", 503), Reply(b"now"))
    assert ask("/x").content == b"now"
    assert len(server.seen) == 3


def test_a_lasting_trouble_is_not_tried_for_ever(server, ask):
    server.add("/x", Reply(b"", 500))
    with pytest.raises(NetworkError, match="internal error"):
        ask("/x")
    assert len(server.seen) == 3


@pytest.mark.parametrize("status", [403, 429])
def test_a_short_rate_limit_is_waited_for(server, ask, status):
    server.add("/x", Reply(b"", status, {"Retry-After": "1"}), b"now")
    assert ask("/x").content == b"now"


@pytest.mark.parametrize(
    "headers", [{"Retry-After": "3600"}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999"}]
)
def test_a_long_rate_limit_says_when(server, ask, headers):
    server.add("/x", Reply(b"", 403, headers))
    with pytest.raises(NetworkError) as caught:
        ask("/x")
    assert caught.value.code == "network.rate-limit"
    assert "Try again after 2" in caught.value.next_step or "after 5" in caught.value.next_step
    assert len(server.seen) == 1


def test_a_slow_server(server, monkeypatch):
    monkeypatch.setenv("RECAST_HTTP_TIMEOUT_S", "0.2")
    server.add("/x", Reply(never=True))
    with pytest.raises(NetworkError, match="in time") as caught:
        Client(hosts(), [server.url]).get(server.url + "/x")
    assert "RECAST_HTTP_TIMEOUT_S" in caught.value.why


def test_a_huge_answer(server, ask):
    server.add("/x", b"x" * 2_000_000)
    with pytest.raises(NetworkError) as caught:
        ask("/x", most_bytes=1_000_000)
    assert caught.value.code == "network.too-large"
    assert len(server.seen) == 1


def test_a_truncated_answer(server, ask):
    server.add("/x", Reply(b"half", announced=8), Reply(b"complete"))
    assert ask("/x").content == b"complete"
    server.add("/y", Reply(b"half", announced=8))
    with pytest.raises(NetworkError, match="was interrupted"):
        ask("/y")


def test_nobody_listens(ask, server):
    with pytest.raises(NetworkError, match="cannot be reached"):
        Client(hosts(), ["http://127.0.0.1:1"]).get("http://127.0.0.1:1/x")


def test_a_redirect_on_the_same_server_is_followed(server, ask):
    server.add("/x", Reply(b"", 302, {"Location": "/y"}))
    server.add("/y", b"there")
    assert ask("/x").content == b"there"


@pytest.mark.parametrize("target", ["http://localhost:1/y", "http://169.254.169.254/latest", "http://example.org/"])
def test_a_redirect_to_elsewhere_is_refused(server, ask, target):
    server.add("/x", Reply(b"", 302, {"Location": target}))
    with pytest.raises(PermissionDenied) as caught:
        ask("/x")
    assert caught.value.code == "permission.redirect"
    assert target in caught.value.where


def test_a_redirect_to_a_private_address_is_refused_even_if_encrypted(server, ask):
    server.add("/x", Reply(b"", 302, {"Location": "https://10.0.0.1/y"}))
    with pytest.raises(PermissionDenied) as caught:
        ask("/x")
    assert caught.value.code == "permission.private-address"


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://host/x", "https://[bad/x", "http://host:port/"])
def test_a_redirect_to_nonsense(server, ask, target):
    server.add("/x", Reply(b"", 302, {"Location": target}))
    with pytest.raises((NetworkError, PermissionDenied)):
        ask("/x")


def test_a_circle(server, ask):
    server.add("/x", Reply(b"", 302, {"Location": "/x"}))
    with pytest.raises(NetworkError, match="in a loop"):
        ask("/x")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/x", "http://localhost:{port}/x", "http://[::1]:{port}/x", "http://10.1.2.3/x",
            "http://169.254.169.254/x", "http://[::ffff:127.0.0.1]:{port}/x"],
)  # fmt: skip
def test_only_the_user_sends_us_into_this_network(server, url):
    with pytest.raises(PermissionDenied) as caught:
        Client(hosts()).get(url.format(port=server.url.rpartition(":")[2]))
    assert caught.value.code == "permission.private-address"
    assert server.seen == []


def test_a_token_goes_to_its_api_only(server, other, monkeypatch):
    monkeypatch.setenv("RECAST_GITHUB_API", server.url)
    monkeypatch.setenv("RECAST_GITLAB_CERN_API", f"{other.url}/api/v4")
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setenv("YADAGE_SCHEMA_LOAD_TOKEN", "of-gitlab")
    server.add("/x", b"")
    other.add("/y", b"")
    client = Client(hosts())
    client.get(server.url + "/x")
    client.get(other.url + "/y")
    assert server.seen[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert "private-token" not in server.seen[0].headers
    assert other.seen[0].headers["private-token"] == "of-gitlab"
    assert "authorization" not in other.seen[0].headers


def test_a_refused_token_is_named_by_its_variable_and_never_shown(server, monkeypatch):
    monkeypatch.setenv("RECAST_GITHUB_API", server.url)
    monkeypatch.setenv("RECAST_GITHUB_TOKEN", TOKEN)
    server.add("/x", Reply(b"", 401))
    with pytest.raises(PermissionDenied) as caught:
        Client(hosts()).get(server.url + "/x")
    assert "renew the token in RECAST_GITHUB_TOKEN" in caught.value.next_step
    assert TOKEN not in str(caught.value.as_json())
    assert TOKEN not in repr(hosts())


def test_a_token_does_not_travel_in_the_clear(monkeypatch):
    monkeypatch.setenv("RECAST_GITHUB_API", "http://github.example.org/api")
    monkeypatch.setenv("RECAST_GITHUB_TOKEN", TOKEN)
    with pytest.raises(UsageError, match="unencrypted"):
        hosts()


def test_an_unknown_certificate_is_refused(encrypted):
    encrypted.add("/x", b"hello")
    with pytest.raises(NetworkError, match="cannot be reached") as caught:
        Client(hosts(), [encrypted.url]).get(encrypted.url + "/x")
    assert "CERTIFICATE_VERIFY_FAILED" in caught.value.why
    assert encrypted.seen == []


def test_a_redirect_to_an_encrypted_server_is_followed_without_the_token(server, encrypted, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate()))
    monkeypatch.setenv("RECAST_GITHUB_API", server.url)
    monkeypatch.setenv("RECAST_GITHUB_TOKEN", TOKEN)
    server.add("/x", Reply(b"", 302, {"Location": f"{encrypted.url}/y"}))
    encrypted.add("/y", b"there")
    assert Client(hosts(), [encrypted.url]).get(server.url + "/x").content == b"there"
    assert server.seen[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert "authorization" not in encrypted.seen[0].headers


def test_the_address_that_was_checked_is_the_one_that_is_asked(encrypted, monkeypatch):
    """A name that is not trusted is connected to by its checked address, and proves its name all the same."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate()))
    monkeypatch.setattr("recast.remote.client.public_address", lambda url, trusted: "127.0.0.1")
    encrypted.add("/x", b"hello")
    assert Client(hosts()).get(encrypted.url + "/x").content == b"hello"
    assert encrypted.seen[0].headers["host"] == encrypted.url.removeprefix("https://")


def test_what_is_shown_of_a_url():
    assert shown("https://u:p@host/x?sha=master&private_token=abc") == "https://host/x?sha=master&private_token=***"
