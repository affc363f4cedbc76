"""What a delivery says, and why one is refused: the functions alone, without a server."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.ci.checkout.refs import fault_of_ref
from recast.ci.forges import REASONS, Delivery, Hook, Refusal, read_delivery
from recast.ci.forges.proof import LONGEST_AGE_S, check_proof
from tests.testbeds.forge.sign import signed

A, B, ZEROS = "a" * 40, "b" * 40, "0" * 40
SECRET = "a-secret-of-one-hook"
SIGNING = "whsec_" + base64.b64encode(b"twenty-four bytes of key").decode()
NOW = 1_790_000_000.0


def read(dialect: str, event: str, document: Any, *, secret: str = SECRET, **more: str) -> Delivery | Refusal:
    body = json.dumps(document).encode()
    headers = {**signed(dialect, event, body, secret, NOW), **more}
    hook = Hook(dialect, "group/analysis", secret.encode())  # type: ignore[arg-type]
    return read_delivery(headers.items(), body, hook, NOW)


def push(dialect: str, **more: Any) -> dict[str, Any]:
    document = {"ref": "refs/heads/main", "before": A, "after": B, **more}
    if dialect == "gitlab":
        project = {"path_with_namespace": "group/analysis"}
        return {"object_kind": "push", "checkout_sha": B, "project": project, **document}
    return {"repository": {"full_name": "group/analysis"}, **document}


@pytest.mark.parametrize("dialect", ["github", "gitlab", "gitea"])
def test_a_push_names_ref_and_commits(dialect: str) -> None:
    said = read(dialect, "push", push(dialect))
    assert isinstance(said, Delivery)
    event = said.event
    assert (event.kind, event.repository, event.ref, event.before, event.after) == (
        "push", "group/analysis", "refs/heads/main", A, B,
    )  # fmt: skip


@pytest.mark.parametrize("dialect", ["github", "gitlab", "gitea"])
@pytest.mark.parametrize("length", [40, 64])
def test_a_deletion_has_zeros_of_either_length(dialect: str, length: int) -> None:
    said = read(dialect, "push", push(dialect, before="c" * length, after="0" * length, checkout_sha=None))
    assert isinstance(said, Delivery)
    assert (said.event.kind, said.event.after) == ("deleted", "")


def test_gitlab_sends_its_token_or_signs() -> None:
    for secret in (SECRET, SIGNING):
        assert isinstance(read("gitlab", "push", push("gitlab"), secret=secret), Delivery)
    # Who is to sign is not believed because of a token.
    body = json.dumps(push("gitlab")).encode()
    headers = {**signed("gitlab", "push", body, SECRET), "X-Gitlab-Token": SIGNING}
    said = read_delivery(headers.items(), body, Hook("gitlab", "group/analysis", SIGNING.encode()), NOW)
    assert said == Refusal("no-proof", "It has no signature or token that this hook accepts.")


@pytest.mark.parametrize("age", [LONGEST_AGE_S + 1, -LONGEST_AGE_S - 1])
def test_a_signed_time_binds(age: int) -> None:
    body = json.dumps(push("gitlab")).encode()
    headers = signed("gitlab", "push", body, SIGNING, NOW)
    said = read_delivery(headers.items(), body, Hook("gitlab", "group/analysis", SIGNING.encode()), NOW + age)
    assert isinstance(said, Refusal)
    assert (said.reason, said.status) == ("stale", 401)


def test_one_good_signature_among_several_is_enough_and_a_changed_time_is_none() -> None:
    body = b"{}"
    headers = {name.lower(): text for name, text in signed("gitlab", "push", body, SIGNING, NOW).items()}
    several = {**headers, "webhook-signature": f"v1,AAAA {headers['webhook-signature']} v2,x"}
    assert check_proof("gitlab", several, body, SIGNING.encode(), NOW) is None
    later = {**headers, "webhook-timestamp": str(int(NOW) + 1)}
    assert check_proof("gitlab", later, body, SIGNING.encode(), NOW) is not None


@pytest.mark.parametrize("dialect", ["github", "gitea"])
def test_forms_are_read(dialect: str) -> None:
    body = urlencode({"payload": json.dumps(push(dialect))}).encode()
    headers = {**signed(dialect, "push", body, SECRET), "Content-Type": "application/x-www-form-urlencoded"}
    hook = Hook(dialect, "group/analysis", SECRET.encode())  # type: ignore[arg-type]
    assert isinstance(read_delivery(headers.items(), body, hook, NOW), Delivery)


def test_forgejo_without_the_headers_of_gitea() -> None:
    body = json.dumps(push("gitea")).encode()
    headers = {name: text for name, text in signed("gitea", "push", body, SECRET).items() if "Gitea" not in name}
    assert isinstance(
        read_delivery(headers.items(), body, Hook("gitea", "group/analysis", SECRET.encode()), NOW), Delivery
    )


def pull(**more: Any) -> dict[str, Any]:
    base = {"repo": {"full_name": "group/analysis", "fork": True}}
    head = {"sha": B, "repo": {"full_name": "group/analysis", "fork": True}}
    document = {"action": "opened", "number": 7, "pull_request": {"number": 7, "base": base, "head": head}}
    return {**document, "repository": base["repo"], **more}


def test_a_fork_is_another_repository_not_one_that_was_forked_once() -> None:
    own = read("github", "pull_request", pull())
    assert isinstance(own, Delivery)
    assert (own.event.number, own.event.fork, own.event.ref) == (7, False, "refs/pull/7/head")
    for head in ({"sha": B, "repo": {"full_name": "somebody/analysis"}}, {"sha": B, "repo": None}, {"sha": B}):
        document = pull()
        document["pull_request"]["head"] = head
        strange = read("github", "pull_request", document)
        assert isinstance(strange, Delivery) and strange.event.fork


def merge(**more: Any) -> dict[str, Any]:
    sides = {"source": {"path_with_namespace": "group/analysis"}, "target": {"path_with_namespace": "group/analysis"}}
    what = {"iid": 7, "action": "open", "last_commit": {"id": B}, "source_project_id": 1, "target_project_id": 1}
    project = {"path_with_namespace": "group/analysis"}
    return {"object_kind": "merge_request", "project": project, "object_attributes": {**what, **sides, **more}}


def test_merge_requests_of_gitlab() -> None:
    own = read("gitlab", "merge_request", merge())
    assert isinstance(own, Delivery)
    assert (own.event.kind, own.event.ref, own.event.fork) == ("request", "refs/merge-requests/7/head", False)
    pushed = read("gitlab", "merge_request", merge(action="update", oldrev=A))
    assert isinstance(pushed, Delivery) and pushed.event.before == A
    fork = read("gitlab", "merge_request", merge(source_project_id=2))
    assert isinstance(fork, Delivery) and fork.event.fork
    for action in ("update", "close", "merge", "approved"):
        nothing = read("gitlab", "merge_request", merge(action=action))
        assert isinstance(nothing, Delivery) and nothing.event.kind == "ignored"


@pytest.mark.parametrize(
    ("dialect", "event", "document", "reason"),
    [
        ("github", "push", push("github", deleted=True), "shape"),
        ("github", "push", push("github", before=ZEROS, after=ZEROS), "shape"),
        ("github", "push", push("github", ref="main"), "shape"),
        ("github", "push", push("github", after="B" * 40), "shape"),
        ("github", "push", [], "shape"),
        ("github", "push", None, "shape"),
        ("github", "push", push("github", repository={"full_name": "../../etc"}), "shape"),
        ("github", "push", push("github", repository={"full_name": "group/other"}), "repository"),
        ("github", "pull_request", pull(number=8), "shape"),
        ("github", "pull_request", pull(number=True), "shape"),
        ("gitlab", "push", push("gitlab", object_kind="tag_push"), "shape"),
        ("gitlab", "push", push("gitlab", ref="refs/tags/v1"), "shape"),
        ("gitlab", "push", push("gitlab", checkout_sha=None), "shape"),
        ("gitlab", "merge_request", merge(target={"path_with_namespace": "group/other"}), "shape"),
    ],
)
def test_what_does_not_fit_its_event_is_refused(dialect: str, event: str, document: Any, reason: str) -> None:
    said = read(dialect, event, document)
    assert isinstance(said, Refusal) and said.reason == reason
    assert "group/other" not in said.why and "etc" not in said.why, "nothing that was sent is quoted"


@pytest.mark.parametrize(
    "more",
    [
        {"X-Gitlab-Event": "Push Hook"},
        {"X-Gitea-Event": "push"},
        {"X-Gogs-Event": "push", "X-Gogs-Delivery": "1"},
    ],
)
def test_headers_of_two_forges_are_refused(more: dict[str, str]) -> None:
    said = read("github", "push", push("github"), **more)
    assert isinstance(said, Refusal)
    assert said.reason in ("contradictory", "dialect")


def test_a_header_that_comes_twice_is_refused() -> None:
    body = json.dumps(push("github")).encode()
    headers = [*signed("github", "push", body, SECRET).items(), ("x-github-event", "ping")]
    said = read_delivery(headers, body, Hook("github", "group/analysis", SECRET.encode()), NOW)
    assert isinstance(said, Refusal) and said.reason == "contradictory"


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=40), max_size=8), st.binary(max_size=200))
def test_strangers_headers_and_bytes_are_refused_and_never_raise(headers: dict[str, str], body: bytes) -> None:
    said = read_delivery(headers.items(), body, Hook("github", "group/analysis", SECRET.encode()), NOW)
    assert isinstance(said, Refusal) and said.reason in REASONS


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@given(
    st.sampled_from(["github", "gitlab", "gitea"]), st.sampled_from(["push", "pull_request", "merge_request", "x"]),
    st.dictionaries(st.sampled_from(["ref", "before", "after", "repository", "project", "pull_request",
                                     "object_attributes", "object_kind", "number", "action"]), JSON),
)  # fmt: skip
def test_signed_nonsense_is_refused_and_never_raises(dialect: str, event: str, document: dict[str, Any]) -> None:
    said = read(dialect, event, document)
    assert isinstance(said, Refusal) or said.event.kind in ("ignored", "ping")


@pytest.mark.parametrize(
    "ref",
    ["main", "refs/heads", "refs/heads/", "refs/heads/-x", "refs/heads/a..b", "refs/heads/a b", "refs/heads/a~1",
     "refs/heads/a.lock", "refs/heads/.a", "refs/heads/a/", "refs/heads/a//b", "refs/heads/@{1}", "refs/heads/a\n",
     "refs/heads/a\u202eb", "refs/heads/a*", "refs/heads/" + "x" * 1000, "refs/heads/@", "refs/heads/\udcff",
     "--upload-pack=x", "refs/heads/a\\b"],
)  # fmt: skip
def test_names_of_refs_that_are_refused(ref: str) -> None:
    assert fault_of_ref(ref)


@pytest.mark.parametrize("ref", ["refs/heads/main", "refs/tags/v1.0.0", "refs/heads/f\u00fcr/alle", "refs/pull/1/head"])
def test_names_of_refs_that_are_sound(ref: str) -> None:
    assert not fault_of_ref(ref)
