"""Lists show what the desk's own rule allows, and nothing else: decided in SQL, compared with `may`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recast.desk.may import may
from recast.desk.model import AUDIENCES, REQUEST_STATES, ROLES, SCOPES, Actor, Request
from recast.errors import InputError
from recast.ledger import Ledger, Wanted
from recast.ledger.stored import store
from tests.ledger.making import CONTACT, MACHINE, OWNER, STRANGER, accepted, drafted

PEOPLE = ("uowner", "uanna", "ubob", "")
ANALYSES = ("atlas-a", "atlas-b", "")
COLLABORATIONS = ("atlas", "cms", "")


def some(of: tuple[str, ...]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from([it for it in of if it]))


@st.composite
def requests(draw: st.DrawFn) -> tuple[Request, ...]:
    """Requests in all states, of all audiences, with all kinds of parties."""
    count = draw(st.integers(1, 8))
    return tuple(
        Request(
            id=f"q{number}",
            version=1,
            state=draw(st.sampled_from(REQUEST_STATES)),
            owner=draw(st.sampled_from(PEOPLE[:3])),
            audience=draw(st.sampled_from(AUDIENCES)),
            analysis=draw(st.sampled_from(ANALYSES)),
            collaboration=draw(st.sampled_from(COLLABORATIONS)),
            subscribers=draw(some(PEOPLE)),
            readers=draw(some(PEOPLE)),
            claimed_by=draw(st.sampled_from(PEOPLE)),
        )
        for number in range(count)
    )


actors = st.builds(
    Actor,
    user=st.sampled_from(PEOPLE),
    roles=some(ROLES),
    contact_of=some(ANALYSES),
    coordinator_of=some(COLLABORATIONS),
    scopes=st.none() | some(SCOPES),
    link=st.sampled_from(["", "q0", "q1"]),
    machine=st.booleans(),
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path_factory.mktemp('visible')}/ledger.sqlite") as ledger:
        yield ledger


@settings(max_examples=150)
@given(requests(), actors)
def test_the_condition_in_sql_is_the_rule_of_the_desk(shared: Ledger, made: tuple[Request, ...], actor: Actor) -> None:
    with shared.writing() as connection:
        for name in ("parties", "points", "requests"):
            connection.exec_driver_sql(f"DELETE FROM {name}")
        for place, request in enumerate(made):
            store(connection, None, request, place)

    page = shared.requests(Wanted(), actor)
    allowed = [request.id for request in reversed(made) if may(actor, "list", request).yes]
    assert [request.id for request in page.items] == allowed
    assert page.total == len(allowed)
    for request in made:  # what is found may also be read
        assert request.id not in allowed or may(actor, "read", request).yes


def test_on_every_database_each_sees_their_own(ledger: Ledger) -> None:
    draft = drafted(ledger)
    private, unlisted, public = (accepted(ledger, audience=audience) for audience in ("private", "unlisted", "public"))

    def seen(actor: Actor) -> set[str]:
        return {request.id for request in ledger.requests(Wanted(), actor).items}

    assert seen(Actor()) == seen(STRANGER) == {public.id}
    assert seen(OWNER) == {draft.id, private.id, unlisted.id, public.id}
    assert seen(CONTACT) == {private.id, unlisted.id, public.id}
    assert seen(replace(OWNER, scopes=frozenset({"request"}))) == {public.id}
    assert seen(MACHINE) == {draft.id, private.id, unlisted.id, public.id}


def test_pages_follow_each_other_and_tell_nothing_of_what_lies_between(ledger: Ledger) -> None:
    public = []
    for _ in range(5):
        public.append(accepted(ledger, audience="public").id)
        accepted(ledger, audience="private")
    cursor, seen = "", []
    while True:
        page = ledger.requests(Wanted(), Actor(), cursor, limit=2)
        seen += [request.id for request in page.items]
        assert page.total == 5 and (not page.next or page.next in public)
        if not (cursor := page.next):
            break

    assert seen == public[::-1]
    hidden = ledger.requests(Wanted(), MACHINE).items[0].id
    with pytest.raises(InputError):
        ledger.requests(Wanted(), Actor(), cursor=hidden)


def test_a_list_can_be_narrowed(ledger: Ledger) -> None:
    draft, ready = drafted(ledger), accepted(ledger)

    assert [it.id for it in ledger.requests(Wanted(state="draft"), OWNER).items] == [draft.id]
    assert [it.id for it in ledger.requests(Wanted(digest=ready.digest), OWNER).items] == [ready.id]
    assert ledger.requests(Wanted(analysis="cms-x"), OWNER).items == ()


def test_a_list_reads_no_rows_that_it_does_not_show(tmp_path: Path) -> None:
    with Ledger(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger, ledger.reading() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT id FROM requests WHERE audience = 'public' AND state != 'draft' "
            "ORDER BY place DESC LIMIT 51"
        ).all()
    assert any("INDEX" in str(row[3]) for row in plan) and not any("TEMP B-TREE" in str(row[3]) for row in plan)
