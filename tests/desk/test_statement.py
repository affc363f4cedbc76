"""A released answer is the same bytes for ever."""

from __future__ import annotations

import json

import pytest

from recast.desk.act import fold
from recast.desk.statement import released_statement, stated
from recast.digests import digest_of
from recast.errors import NotFound
from tests.desk.people import ALICE, CAROL, DIGEST, FACTS, LIMIT, MACHINE, Desk


def test_a_statement_is_what_was_promised_at_the_release() -> None:
    desk = Desk().up_to("released", model="MSSM", points=[{"coordinates": {"m": 1}, "inputs": {"seed": 3}}])
    content = released_statement(desk.now, "a1")
    assert digest_of(content) == desk.now.points[0].answers[0].statement
    said = json.loads(content)
    assert said["point"] == {"id": "p1", "coordinates": {"m": 1}, "inputs": {"seed": 3}}
    assert (said["analysis"], said["version"], said["digest"]) == ("atlas-x", "1.0.0", DIGEST)
    assert said["results"] == [LIMIT]
    assert said["reviewed"]["name"] == "Carol"
    assert content == json.dumps(said, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"


def test_what_happens_later_does_not_change_it() -> None:
    desk = Desk().up_to("released")
    before = released_statement(desk.now, "a1")
    desk.do("warn", MACHINE, digest=FACTS.digest, caveat="withdrawn")
    desk.do("rerun", CAROL)
    desk._answer("r2")
    desk._release()
    assert released_statement(desk.now, "a1") == before
    assert released_statement(fold(desk.events), "a1") == before


def test_what_the_request_says_later_is_not_stated() -> None:
    desk = Desk().up_to("released", model="MSSM")
    desk.do("rerun", CAROL)
    desk.do("withdraw", ALICE)
    desk.do("reopen", ALICE)
    desk.do("amend", ALICE, model="NMSSM")
    with pytest.raises(NotFound) as refused:
        released_statement(desk.now, "a1")
    assert refused.value.code == "answer.not-kept"


def test_a_release_states_each_of_its_answers() -> None:
    desk = Desk().up_to("released")
    said = dict(stated(desk.now, desk.events[-1]))
    assert said.keys() == {point.answers[0].statement for point in desk.now.points}
    assert all(digest_of(content) == digest for digest, content in said.items())
    assert list(stated(desk.now, desk.events[-2])) == []


def test_only_released_answers_have_one() -> None:
    desk = Desk().up_to("answered")
    for answer in ("a1", "a99"):
        with pytest.raises(NotFound):
            released_statement(desk.now, answer)
