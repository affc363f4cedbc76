"""Which pipelines follow from what a remote has, and who is next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from recast.ci.checkout import Head, Remote
from recast.ci.server.model import Known, Request, Waiting
from recast.ci.server.plan import choose, compare_refs
from recast.ci.server.settings import Repository

A, B, C = "a" * 40, "b" * 40, "c" * 40
HERE = Repository("analysis", Remote("https://forge.example.org/group/analysis.git"), None, None)
MAIN, TAG, REQUEST = "refs/heads/main", "refs/tags/v1", "refs/pull/7/head"


def heads(**refs: str) -> dict[str, Head]:
    names = {"main": MAIN, "tag": TAG, "request": REQUEST, "other": "refs/heads/other"}
    return {names[name]: Head(names[name], it, it) for name, it in refs.items()}


def lanes(found: Any) -> list[tuple[str, str, str, bool]]:
    return [(it.commit[0], it.lane, it.state, it.trusted) for it in found.wanted]


def test_at_first_only_the_trusted_branch_is_judged() -> None:
    there = heads(main=A, tag=A, other=B, request=C)
    found = compare_refs(HERE, there, {}, {}, first=True)
    assert lanes(found) == [("a", "commit", "queued", True)]
    assert set(found.refs) == set(there)
    everything = compare_refs(replace(HERE, at_first="branches"), there, {}, {}, first=True)
    assert [it.ref for it in everything.wanted] == [MAIN, "refs/heads/other"]
    heard = compare_refs(HERE, there, {}, {}, {"refs/heads/other"}, first=True)
    assert [it.ref for it in heard.wanted] == [MAIN, "refs/heads/other"]


def test_later_what_changed_is_judged() -> None:
    known = compare_refs(HERE, heads(main=A), {}, {}, first=True).refs
    assert compare_refs(HERE, heads(main=A), known, {}, first=False).wanted == ()
    found = compare_refs(HERE, heads(main=B, tag=A, other=C), known, {}, first=False)
    assert lanes(found) == [
        ("b", "commit", "queued", True),
        ("a", "tag:v1", "queued", True),
        ("c", "commit", "queued", True),
    ]
    gone = compare_refs(HERE, heads(tag=A), found.refs, {}, first=False)
    assert gone.wanted == () and gone.refs[MAIN].gone and not gone.refs[TAG].gone


def test_a_tag_that_was_moved_is_refused_also_after_it_was_deleted() -> None:
    for known in ({TAG: Known(A, A)}, {TAG: Known(A, A, gone=True)}):
        (wanted,) = compare_refs(HERE, heads(tag=B), known, {}, first=False).wanted
        assert (wanted.state, wanted.word) == ("done", "refused")


def test_requests_by_where_they_come_from() -> None:
    own, fork = {7: Request(7, fork=False)}, {7: Request(7, fork=True)}
    assert lanes(compare_refs(HERE, heads(request=C), {}, own, first=False)) == [("c", "commit", "queued", True)]
    for requests in (fork, {}):  # a request that no forge told us of may be anybody's
        assert lanes(compare_refs(HERE, heads(request=C), {}, requests, first=False)) == [("c", "fork", "held", False)]
    free = replace(HERE, forks="untrusted")
    assert lanes(compare_refs(free, heads(request=C), {}, fork, first=False)) == [("c", "fork", "queued", False)]
    strict = compare_refs(replace(HERE, forks="refuse"), heads(request=C), {}, fork, first=False)
    assert [it.word for it in strict.wanted] == ["refused"]


def test_a_request_is_judged_again_when_the_forge_says_that_it_is_our_own() -> None:
    known = compare_refs(HERE, heads(request=C), {}, {}, first=False).refs
    found = compare_refs(HERE, heads(request=C), known, {7: Request(7, fork=False)}, first=False)
    assert lanes(found) == [("c", "commit", "queued", True)]


def waiting(name: str, whose: str = "x", ref: str = MAIN, created: float = 0, **served: float) -> Waiting:
    return Waiting(name, whose, ref, A, created, served.get("repository", 0), served.get("refs", 0))


def test_repositories_and_refs_are_served_in_turn() -> None:
    busy = waiting("1", "x", created=1, repository=9)
    assert choose([busy, waiting("2", "y", created=5, repository=3)], [], 1) == waiting(
        "2", "y", created=5, repository=3
    )
    one, two = waiting("1", ref="a", created=1, refs=5), waiting("2", ref="b", created=2)
    assert choose([one, two], [], 1) == two
    assert choose([busy], [("x", B)], 4) is None, "a repository has one at a time"
    assert choose([busy], [("y", B)], 1) is None
    assert choose([busy], [("y", B)], 2) == busy
    assert choose([], [], 1) is None


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from("abc")), min_size=1, max_size=30))
def test_nobody_waits_for_ever(pushes: list[tuple[str, str]]) -> None:
    """However often the others are pushed, each repository and ref that waits is served within as many turns."""
    served: dict[Any, float] = {}
    wants = sorted(set(pushes))
    for turn in range(1, 3 * len(wants) + 1):
        queue = [Waiting(f"{r}{b}", r, b, A, 0, served.get(r, 0), served.get((r, b), 0)) for r, b in wants]
        chosen = choose(queue, [], 1)
        assert chosen is not None
        served[chosen.repository] = served[chosen.repository, chosen.ref] = float(turn)
    repositories = {r for r, _ in wants}
    turns = 3 * len(wants)
    for repository in repositories:
        assert turns - served[repository] < len(repositories)
    assert {key for key in served if isinstance(key, tuple)} == set(wants)
