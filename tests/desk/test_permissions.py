"""The permission table: who may do what to what, in every state and for every audience, with every token."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from recast.desk.card import POLICIES
from recast.desk.may import may
from recast.desk.model import AUDIENCES, REQUEST_STATES, SCOPES, Actor, Answer, Point, Request
from recast.desk.objects import Analysis, Given, Person, Run, Service, Thing, Token, Upload
from recast.desk.permissions import KINDS, RULES
from recast.desk.transitions import PARTIES, TRANSITIONS
from tests.desk.people import ADA, ALICE, BOB, CAROL, CORA, EVERYBODY, LINKED, MACHINE, NOW, OTTO, STRANGER

_ANSWER = Answer("a1", "community", "proposed", "ubob", NOW, "atlas-x", "1.0.0", "sha256:a")


def _request(state: str, audience: str) -> Request:
    points = (Point("p1", {"m": 1}, answers=(_ANSWER,)),)
    who = {"owner": "ualice", "analysis": "atlas-x", "collaboration": "atlas"}
    return Request("qaaaaaaaaaa", 3, state, audience=audience, points=points, **who)


def _things() -> Iterator[Thing]:
    yield from (Service(), Analysis("atlas-x", "atlas"), Person("ualice"))
    yield from (Token("ualice"), Token("ualice", frozenset({"read"})), Upload("ualice"))
    for state, audience in itertools.product(REQUEST_STATES, AUDIENCES):
        request = _request(state, audience)
        yield from (request, Run(request), Upload("ualice", (request,)))
        yield Given(request, _ANSWER)
        yield Given(request, replace(_ANSWER, state="released"))


_THINGS = list(_things())
_ROWS = sorted(RULES)


def test_the_table_is_total() -> None:
    """Every role, thing and action has an answer, and a no says why."""
    for thing, actor, policy in itertools.product(_THINGS, EVERYBODY.values(), POLICIES):
        for kind, action in _ROWS:
            if kind == KINDS[type(thing)]:
                said = may(actor, action, thing, policy)
                assert said.yes or said.why
                assert not (said.yes and said.hidden)


def test_every_row_uses_known_words() -> None:
    seen = {"readers", "listed", "released", "shared", "author"}
    for rule in RULES.values():
        assert rule.who <= {*PARTIES} | seen
        assert rule.scope in SCOPES
    assert {row.scope for row in TRANSITIONS} <= {*SCOPES}


def test_what_is_not_in_the_table_nobody_may() -> None:
    for thing, actor in itertools.product(_THINGS, EVERYBODY.values()):
        assert not may(actor, "explode", thing).yes


@given(
    some.sampled_from(_THINGS),
    some.sampled_from(_ROWS),
    some.sampled_from(sorted(EVERYBODY)),
    some.sets(some.sampled_from(SCOPES)),
    some.sampled_from(POLICIES),
)
def test_a_token_never_may_more_than_its_owner(
    thing: Thing, row: tuple[str, str], who: str, scopes: set[str], policy: str
) -> None:
    owner = EVERYBODY[who]
    by_token = may(replace(owner, scopes=frozenset(scopes)), row[1], thing, policy)
    assert may(owner, row[1], thing, policy).yes or not by_token.yes
    stranger = may(Actor(link=owner.link), row[1], thing, policy)
    assert by_token.yes or not stranger.yes, "a token may at least what a stranger may"


@given(some.sets(some.sampled_from(SCOPES)), some.sets(some.sampled_from(SCOPES)))
def test_a_token_makes_no_token_with_more_scopes(held: set[str], wanted: set[str]) -> None:
    maker = replace(ALICE, scopes=frozenset({"request", *held}))
    said = may(maker, "make", Token("ualice", frozenset(wanted)))
    assert said.yes == (wanted <= {"request", *held})
    assert not may(maker, "make", Token("ualice", None)).yes


def test_without_the_scope_read_a_token_is_blind() -> None:
    private = _request("submitted", "private")
    said = may(replace(CAROL, scopes=frozenset({"review"})), "accept", private)
    assert said.hidden
    assert may(replace(CAROL, scopes=frozenset({"review", "read"})), "accept", private).yes


def test_a_missing_scope_is_named() -> None:
    said = may(replace(CAROL, scopes=frozenset({"read"})), "accept", _request("submitted", "public"))
    assert said.why == "this token has not the scope `review`"


_PEOPLE = {"owner": ALICE, "contact": CAROL, "coordinator": CORA, "operator": OTTO, "administrator": ADA}


@pytest.mark.parametrize("state", [state for state in REQUEST_STATES if state != "draft"])
def test_a_private_request_is_for_its_people(state: str) -> None:
    request = _request(state, "private")
    assert all(may(actor, "read", request).yes for actor in (*_PEOPLE.values(), MACHINE, LINKED))
    for stranger in (STRANGER, BOB, Actor(link="qbbbbbbbbbb"), replace(CAROL, contact_of=frozenset({"atlas-y"}))):
        assert may(stranger, "read", request).hidden
        assert not may(stranger, "list", request).yes


@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_draft_is_its_owners(audience: str) -> None:
    request = _request("draft", audience)
    allowed = {name for name, actor in EVERYBODY.items() if may(actor, "read", request).yes}
    assert allowed == {"owner", "administrator", "machine"}


def test_an_unlisted_request_is_read_by_its_address_and_found_by_its_people() -> None:
    request = _request("submitted", "unlisted")
    assert may(STRANGER, "read", request).yes
    assert not may(STRANGER, "list", request).yes
    assert may(CAROL, "list", request).yes


def test_a_link_only_reads() -> None:
    request = _request("released", "private")
    allowed = {action for kind, action in _ROWS if kind == "request" and may(LINKED, action, request).yes}
    assert allowed == {"read"}


def test_somebody_without_login_only_reads() -> None:
    for thing in _THINGS:
        allowed = {action for kind, action in _ROWS if kind == KINDS[type(thing)] and may(STRANGER, action, thing).yes}
        assert allowed <= {
            "look",
            "search",
            "check",
            "list-requests",
            "log-in",
            "read",
            "list",
            "read-results",
            "read-log",
        }


def test_results_are_for_judges_their_author_and_after_release_for_all_readers() -> None:
    request = _request("answered", "public")
    proposed, released = Given(request, _ANSWER), Given(request, replace(_ANSWER, state="released"))
    readers = {name for name, actor in EVERYBODY.items() if may(actor, "read-results", proposed).yes}
    assert readers == {"contact", "coordinator", "administrator", "machine", "user"}
    assert may(ALICE, "read-results", proposed, "at-once").yes
    assert all(may(actor, "read-results", released).yes for actor in EVERYBODY.values())


def test_a_file_is_for_its_owner_for_judges_and_after_release_for_all_readers() -> None:
    before, after = (Upload("ualice", (_request(state, "public"),)) for state in ("accepted", "released"))
    assert {name for name, actor in EVERYBODY.items() if may(actor, "read", before).yes} == {
        "owner", "contact", "coordinator", "administrator", "machine",
    }  # fmt: skip
    assert may(STRANGER, "read", after).yes
    assert may(BOB, "read", before).hidden
    assert not may(BOB, "use", after).yes


def test_tokens_and_accounts_are_their_owners() -> None:
    for thing in (Token("ualice"), Person("ualice")):
        assert may(ALICE, "read", thing).yes
        assert may(ADA, "read", thing).yes
        assert may(BOB, "read", thing).hidden
    assert not may(ALICE, "give-role", Person("ualice")).yes


def test_a_card_is_for_those_who_answer_for_the_analysis() -> None:
    allowed = {name for name, actor in EVERYBODY.items() if may(actor, "set-card", Analysis("atlas-x", "atlas")).yes}
    assert allowed == {"contact", "coordinator", "administrator"}


def test_nobody_is_contact_of_no_analysis() -> None:
    nameless = replace(_request("submitted", "private"), analysis="", collaboration="")
    odd = replace(BOB, contact_of=frozenset({""}), coordinator_of=frozenset({""}))
    assert may(odd, "read", nameless).hidden
