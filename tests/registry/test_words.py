"""Names, challenges, platforms, credentials and settings: the pure parts, and the files of the user."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.errors import InputError, NotFound, PermissionDenied, RecastError, UsageError
from recast.images.manifest import Descriptor
from recast.registry.documents import read_document
from recast.registry.http.challenge import parse_challenges
from recast.registry.http.credentials import find_credentials
from recast.registry.http.tls import tls_context
from recast.registry.name import parse_target
from recast.registry.platforms import IndexEntry, choose
from recast.registry.settings import api_host, settings
from recast.remote.guard import is_loopback

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "host", "repository", "tag"),
    [
        ("debian", "docker.io", "library/debian", None),
        ("debian:12", "docker.io", "library/debian", "12"),
        ("atlas/analysisbase:21.2", "docker.io", "atlas/analysisbase", "21.2"),
        ("docker.io/debian", "docker.io", "library/debian", None),
        ("index.docker.io/atlas/base", "docker.io", "atlas/base", None),
        ("registry-1.docker.io/library/debian", "docker.io", "library/debian", None),
        (
            "gitlab-registry.cern.ch/atlas/sub/group/image:v1",
            "gitlab-registry.cern.ch",
            "atlas/sub/group/image",
            "v1",
        ),
        ("ghcr.io/scailfin/madgraph:3.5", "ghcr.io", "scailfin/madgraph", "3.5"),
        ("127.0.0.1:5000/a", "127.0.0.1:5000", "a", None),
        ("localhost/a/b:1", "localhost", "a/b", "1"),
        ("host:5000/a/b", "host:5000", "a/b", None),
        ("oci://registry/a:1", "registry", "a", "1"),
        ("oci://GHCR.io/a/b", "ghcr.io", "a/b", None),
    ],
)
def test_targets(text: str, host: str, repository: str, tag: str | None) -> None:
    target = parse_target(f"{text}@{DIGEST}")
    assert (target.host, target.repository, target.tag, target.digest) == (host, repository, tag, DIGEST)
    assert parse_target(f"oci://{target}") == target


@pytest.mark.parametrize("text", ["oci://registry", "oci://", "oci://a/../b", "http://a/b", "a b", "oci://u:p@h/x"])
def test_what_is_no_target(text: str) -> None:
    with pytest.raises(InputError):
        parse_target(text)


@given(st.text(alphabet="abcXYZ.:/@-_0189", max_size=40))
def test_any_text_is_a_target_or_an_error(text: str) -> None:
    try:
        target = parse_target(text)
    except InputError:
        return
    assert parse_target(f"oci://{target}") == target
    assert ".." not in target.repository


def test_challenges() -> None:
    headers = ['Bearer realm="https://auth.x/t",service="r",scope="repository:a/b:pull,push", Basic realm="a \\"b\\""']
    bearer, basic = parse_challenges(headers)
    assert bearer.scheme == "bearer"
    assert bearer.parameters == {"realm": "https://auth.x/t", "service": "r", "scope": "repository:a/b:pull,push"}
    assert (basic.scheme, basic.parameters) == ("basic", {"realm": 'a "b"'})
    assert [it.scheme for it in parse_challenges(["Negotiate", "Basic realm=x"])] == ["negotiate", "basic"]


@given(st.lists(st.text(alphabet='Bearer Basic realm="=,\\ x', max_size=60), max_size=3))
def test_no_challenge_breaks_the_reader(headers: list[str]) -> None:
    for challenge in parse_challenges(headers):
        assert challenge.scheme == challenge.scheme.lower()


def entries(*platforms: str) -> list[IndexEntry]:
    return [IndexEntry(Descriptor(f"sha256:{number:064}", 1, ""), name) for number, name in enumerate(platforms)]


@pytest.mark.parametrize(
    ("wanted", "there", "taken"),
    [
        ("linux/amd64", ["linux/arm64", "linux/amd64"], "linux/amd64"),
        ("linux/arm64", ["linux/arm64/v9", "linux/arm64/v8"], "linux/arm64/v8"),
        ("linux/arm/v6", ["linux/arm/v7", "linux/arm/v6"], "linux/arm/v6"),
        ("linux/arm", ["linux/arm/v6", "linux/arm/v7"], "linux/arm/v7"),
        ("linux/amd64", ["linux/amd64/v3"], "linux/amd64/v3"),
        ("linux/arm/v6", ["linux/arm/v7"], None),
        ("linux/amd64", ["windows/amd64"], None),
        ("linux/amd64", [], None),
    ],
)
def test_platforms(wanted: str, there: list[str], taken: str | None) -> None:
    if taken is None:
        with pytest.raises(NotFound, match="not available for"):
            choose(entries(*there), wanted, "x")
    else:
        assert choose(entries(*there), wanted, "x").platform == taken


def test_what_is_no_platform() -> None:
    with pytest.raises(InputError):
        choose(entries("linux/amd64"), "amd64", "x")


_KEYS = st.sampled_from(["manifests", "config", "layers", "digest", "size", "mediaType", "subject"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(_JSON)
def test_any_json_is_a_manifest_or_an_error(data: object) -> None:
    try:
        document = read_document(json.dumps(data).encode(), "x", announced="application/vnd.oci.image.index.v1+json")
    except RecastError:
        return
    assert document.digest.startswith("sha256:")


# -- credentials


def auth(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def person(folder: Path, **files: object) -> dict[str, str]:
    """Write credential files (`docker`, `podman`, `runtime`, `named`) and return the environment that leads there."""
    places = {
        "docker": folder / ".docker/config.json",
        "podman": folder / ".config/containers/auth.json",
        "runtime": folder / "run/containers/auth.json",
        "named": folder / "named.json",
    }
    for name, document in files.items():
        places[name].parent.mkdir(parents=True, exist_ok=True)
        places[name].write_text(document if isinstance(document, str) else json.dumps(document))
    named = {"REGISTRY_AUTH_FILE": str(places["named"])} if "named" in files else {}
    return {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder / "run"), **named}


def test_the_first_file_that_knows_wins(tmp_path: Path) -> None:
    all_of_them = {name: {"auths": {"h.org": auth(name, "p")}} for name in ("docker", "podman", "runtime", "named")}
    for name in ("named", "runtime", "podman", "docker"):
        found = find_credentials(parse_target("h.org/a/b"), person(tmp_path / name, **all_of_them))
        assert found is not None and (found.user, found.password) == (name, "p")
        del all_of_them[name]
    assert find_credentials(parse_target("h.org/a/b"), person(tmp_path / "none")) is None


def test_the_longest_name_wins(tmp_path: Path) -> None:
    auths = {"h.org": auth("host", "p"), "h.org/team": auth("team", "p"), "h.org/team/a": auth("one", "p")}
    env = person(tmp_path, podman={"auths": auths})
    for repository, user in [("team/a", "one"), ("team/b/c", "team"), ("teamx/b", "host")]:
        found = find_credentials(parse_target(f"h.org/{repository}"), env)
        assert found is not None and found.user == user
    assert find_credentials(parse_target("evil-h.org/team/a"), env) is None


def test_docker_io_has_a_name_of_old(tmp_path: Path) -> None:
    env = person(tmp_path, docker={"auths": {"https://index.docker.io/v1/": auth("u", "p:with:colons")}})
    found = find_credentials(parse_target("debian"), env)
    assert found is not None and found.password == "p:with:colons"
    assert "colons" not in repr(found)


def test_a_helper_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin/docker-credential-safe"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\nread host\ncase "$host" in h.org) echo \'{"Username": "u", "Secret": "p"}\';;'
        ' t.org) echo \'{"Username": "<token>", "Secret": "id"}\';;'
        " n.org) echo credentials not found in native keychain; exit 1;; *) echo broken; exit 1;; esac\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    env = person(tmp_path, docker={"credsStore": "safe", "auths": {"h.org": {}}, "credHelpers": {"t.org": "safe"}})
    found = find_credentials(parse_target("h.org/a"), env)
    assert found is not None and (found.user, found.password) == ("u", "p")
    token = find_credentials(parse_target("t.org/a"), env)
    assert token is not None and token.identity_token == "id"
    assert find_credentials(parse_target("n.org/a"), env) is None
    with pytest.raises(PermissionDenied, match="cannot be read"):
        find_credentials(parse_target("other.org/a"), env)


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "[]",
        {"auths": {"h.org": {"auth": "%%%"}}},
        {"auths": {"h.org": {"auth": "/w=="}}},
        {"credHelpers": {"h.org": "../../bin/sh"}},
        {"credHelpers": {"h.org": "no-such-helper-at-all"}},
        "x" * (2 << 20),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, document: object) -> None:
    env = person(tmp_path, podman=document)
    with pytest.raises(PermissionDenied) as caught:
        find_credentials(parse_target("h.org/a"), env)
    assert caught.value.code == "registry.credentials" and str(tmp_path) in caught.value.where


@pytest.mark.parametrize("document", ["", {}, {"auths": None}, {"auths": {"h.org": {}}}, {"credHelpers": 7}])
def test_files_that_know_nothing(tmp_path: Path, document: object) -> None:
    assert find_credentials(parse_target("h.org/a"), person(tmp_path, docker=document)) is None


# -- settings


def test_settings() -> None:
    how = settings({"RECAST_REGISTRY_MIRRORS": "docker.io=m.org/hub, ghcr.io=n.org"})
    assert how.asked(parse_target("debian")).name == "m.org/hub/library/debian"
    assert how.asked(parse_target("ghcr.io/a/b")).name == "n.org/a/b"
    assert api_host(settings({}).asked(parse_target("debian"))) == "registry-1.docker.io"
    assert settings({"RECAST_PLAIN_HTTP_REGISTRIES": "A:1,b"}).plain_http == {"a:1", "b"}


@pytest.mark.parametrize(
    "env",
    [
        {"RECAST_REGISTRY_MIRRORS": "docker.io"},
        {"RECAST_REGISTRY_MIRRORS": "docker.io=https://m.org"},
        {"RECAST_REGISTRY_PARALLEL": "0"},
        {"RECAST_REGISTRY_PARALLEL": "many"},
        {"RECAST_HTTP_TIMEOUT_S": "-1"},
    ],
)
def test_settings_that_make_no_sense(env: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        settings(env)


@pytest.mark.parametrize("host", ["localhost", "localhost:5000", "127.0.0.1:5000", "127.9.9.9", "[::1]:5000"])
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["docker.io", "10.0.0.1:5000", "localhost.example.org", "127.0.0.1.example.org"])
def test_other_machines(host: str) -> None:
    assert not is_loopback(host)


def test_a_certificate_that_cannot_be_read(tmp_path: Path) -> None:
    folder = tmp_path / ".config/containers/certs.d/h.org"
    folder.mkdir(parents=True)
    (folder / "ca.crt").write_text("no certificate")
    with pytest.raises(PermissionDenied) as caught:
        tls_context("h.org", {"HOME": str(tmp_path)})
    assert caught.value.where.endswith("ca.crt")


@pytest.mark.parametrize(
    "name", ["h.org/x?authz=Zq9xB7mK", "oci://h.org/x:1.0.0?t=Zq9xB7mK", "oci://u:p@h.org/x?Zq9xB7mK"]
)
def test_what_is_no_name_is_not_told_with_its_token(name: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_target(name)
    assert "Zq9xB7mK" not in str(raised.value.as_json())
