"""One function keeps secrets out of what is shown and handed on: by default nothing of a query is shown."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.masked import masked, masked_json, masked_url
from recast.worker.remote.web import named
from tests.waiting import BOUND_S

T = "Zq9xB7mK2pLw"

URLS = [
    f"https://h.org/f?authz={T}",
    f"https://h.org/f?auth={T}&version=1",
    f"https://h.org/f?%61uthz={T}",
    f"https://h.org/f?AUTHZ={T}",
    f"https://h.org/f?pwd={T}#x",
    f"https://h.org/f?a=1&jwt={T}",
    f"https://h.org/f?session={T}&code={T}&sig={T}",
    f"https://h.org/f?X-Amz-Signature={T}&X-Amz-Credential={T}",
    f"https://h.org/f?whatever={T}",
    f"https://h.org/f?version=1;authz={T}",
    f"https://h.org/f?path=https://x.org/?t={T}",
    f"https://h.org/f?{T}",
    f"https://h.org/f?{T}=",
    f"https://h.org/f?{T}==&{T}=1",
    f"https://h.org/f#access_token={T}",
    f"https://h.org/f#{T}",
    f"https://h.org/f;token={T}/g",
    f"https://{T}@h.org/f",
    f"https://u:{T}@h.org/f",
    f"https://u:p@{T}@h.org/f",
    f"git+https://oauth2:{T}@h.org/x.git",
    f"ssh://{T}@h.org/x",
    f"root://u:{T}@h.org//eos/f",
    f"root://h.org//eos/f?authz={T}&xrd.wantprot=unix",
    f"roots://h.org///eos/f?authz=Bearer%20{T}",
    f"davs://h.org/f?authz={T}",
    f"s3://b/k?X-Amz-Security-Token={T}",
    f"http://u:{T}@proxy.org:3128",
    f"socks5h://u:{T}@proxy.org",
    f"https://[bad?authz={T}",
    f"HTTPS://h.org/f?authz={T}",
]


@pytest.mark.parametrize("url", URLS)
def test_urls(url: str) -> None:
    assert T not in masked_url(url)
    for text in (url, f"see {url}, please", f'"{url}"', f"({url})", f"a={url}\nb", f"{url},{url}"):
        assert T not in masked(text), masked(text)
    assert T not in json.dumps(masked_json({"a": [{"b": url}]}))
    assert "***" in masked(url) or "@" in url


@pytest.mark.parametrize(
    "torn",
    [
        f"https://u:{T}",
        f"https:/u:{T}@h.org/f",
        f"https:/h.org/f?authz={T}",
        f"oci:/h.org/f:1.0.0?authz={T}",
    ],
)
def test_what_is_left_of_a_url_that_was_taken_for_something_else(torn: str) -> None:
    for text in (torn, f"see {torn}, please", f"'{torn}'"):
        assert T not in masked(text), masked(text)


@pytest.mark.parametrize("url", [url for url in URLS if "[bad" not in url])
def test_a_node_names_servers_and_paths_only(url: str) -> None:
    assert T not in named(url)


@pytest.mark.parametrize(
    "text",
    [
        "https://h.org/a/b.tar.gz",
        "https://h.org/a?version=1.2&download=1",
        "https://www.hepdata.net/record/ins1?format=json&table=Table+1",
        "https://h.org/v2/a/blobs/uploads/?mount=sha256:aa&from=b/c",
        f"https://h.org/a#sha256={'a' * 64}",
        "root://eos.org//eos/user/x.root",
        "http://[::1]:5000/v2/",
        "http://h.org:5000/v2/",
        "file.yml:/stages/0",
        "registry.example.org/a/b@sha256:" + "a" * 64,
        "set RECAST_GITHUB_TOKEN",
        "x ? y : z",
        "a?b=c",
        '{"n": 1}',
    ],
)
def test_what_is_harmless_stays(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize("name", ["EOS_TOKEN", "token", "password", "db-pwd", "jwt", "AUTHZ", "api_key", "my.secret"])
def test_names_that_tell(name: str) -> None:
    assert masked_json({"parameters": {name: T, "n": 1}}) == {"parameters": {name: "***", "n": 1}}
    assert masked_json({name: [T]}) == {name: ["***"]}


def test_a_file_is_no_url() -> None:
    assert masked_url("/tmp/a?b=c") == "/tmp/a?b=c"


def test_keys_are_not_lost() -> None:
    assert masked_json({"token_file": "/run/x", "tokens": 5, "key": "SHA256:abc"}) == {
        "token_file": "/run/x",
        "tokens": 5,
        "key": "SHA256:abc",
    }


def test_hints_miss_nothing_that_the_linter_knows() -> None:
    from recast.masked import _HINTS
    from recast.secret_text import _HINTS as KNOWN

    assert {hint for hint in KNOWN if not any(own in hint for own in _HINTS)} == {"://"}


def test_an_ordinary_line_does_not_load_the_room_of_specs() -> None:
    code = "import sys; from recast.cli.output import message; message('run a: https://h.org/x?y=1'); "
    code += "sys.exit('recast.spec' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=BOUND_S).returncode == 0


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    masked(text)
    masked_url(text)
    assert masked(masked(text)) == masked(text)


@given(st.text(alphabet="ab:/?#@=&;%1[]. ", max_size=60))
def test_nothing_behind_an_unknown_name(text: str) -> None:
    assert T not in masked(f"{text} https://h.org/{text.replace(' ', '')}?authz={T}")
