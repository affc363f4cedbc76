"""Who is told: nobody can bomb anybody, nobody is told by nobody, and a thousand watchers cost a few queries."""

from __future__ import annotations

import pytest
from sqlalchemy import event, insert, select

from recast.desk.model import Actor
from recast.ledger import Ledger, tables
from recast.ledger.people.roles import actor_of_user, actors_of, bond
from recast.ledger.people.tables import CONTACTS, USERS, WATCHES
from tests.ledger.conftest import Clock
from tests.ledger.making import ANALYSIS, FACTS, MACHINE, OWNER, accepted, drafted

NOW = "2027-01-15T08:00:00Z"


@pytest.fixture
def people(ledger: Ledger) -> None:
    """An owner, a victim, a coordinator, an administrator."""
    with ledger.writing() as connection:
        rows = [{"id": it, "name": it, "created": NOW} for it in ("uowner", "ucontact", "uvictim", "ucora", "uada")]
        connection.execute(insert(USERS), rows)


def mail(ledger: Ledger, person: str) -> list[tuple[str, str]]:
    with ledger.reading() as connection:
        query = select(tables.outbox).where(tables.outbox.c.person == person).order_by(tables.outbox.c.id)
        return [(row.text, row.urgency) for row in connection.execute(query)]


def give(ledger: Ledger, kind: str, user: str, to: str) -> None:
    with ledger.writing() as connection:
        bond(connection, kind, user, to, "test", NOW)  # type: ignore[arg-type]


@pytest.mark.usefixtures("people")
def test_the_same_is_told_at_once_only_once_an_hour(ledger: Ledger, clock: Clock) -> None:
    request = accepted(ledger).id
    for _ in range(3):
        ledger.act(request, "invite", OWNER, {"user": "uvictim"}, facts=FACTS)
        ledger.act(request, "uninvite", OWNER, {"user": "uvictim"}, facts=FACTS)
        clock.now += 60
    assert mail(ledger, "uvictim") == [("invited", "now"), ("invited", "digest"), ("invited", "digest")]
    clock.now += 3600
    ledger.act(request, "invite", OWNER, {"user": "uvictim"}, facts=FACTS)
    assert mail(ledger, "uvictim")[-1] == ("invited", "now")


@pytest.mark.usefixtures("people")
def test_one_person_interrupts_another_only_so_often(ledger: Ledger) -> None:
    for _ in range(13):
        ledger.act(accepted(ledger).id, "invite", OWNER, {"user": "uvictim"}, facts=FACTS)
    assert [urgency for _, urgency in mail(ledger, "uvictim")] == ["now"] * 10 + ["digest"] * 3


@pytest.mark.usefixtures("people")
def test_where_nobody_is_a_contact_those_above_hear_of_it(ledger: Ledger) -> None:
    give(ledger, "role", "uada", "administrator")
    ledger.act(drafted(ledger).id, "submit", OWNER, {}, facts=FACTS)
    assert mail(ledger, "uada") == [("submitted", "digest")]
    give(ledger, "coordinator", "ucora", "atlas")
    ledger.act(drafted(ledger).id, "submit", OWNER, {}, facts=FACTS)
    assert (mail(ledger, "ucora"), len(mail(ledger, "uada"))) == ([("submitted", "digest")], 1)
    give(ledger, "contact", "ucontact", ANALYSIS)
    ledger.act(drafted(ledger).id, "submit", OWNER, {}, facts=FACTS)
    assert (mail(ledger, "ucontact"), len(mail(ledger, "ucora"))) == ([("submitted", "now")], 1)


@pytest.mark.usefixtures("people")
def test_that_a_version_is_well_again_is_told_as_that(ledger: Ledger) -> None:
    request = accepted(ledger, points=1).id
    ledger.act(request, "start-run", MACHINE, {"run": "r1", "points": ["p1"]}, facts=FACTS)
    ledger.act(request, "answer-point", MACHINE, {"point": "p1", "run": "r1", "results": [{"cls_obs": 0.1}]})
    for caveat in ("withdrawn: a bug", ""):
        ledger.act(request, "warn", MACHINE, {"digest": FACTS.digest, "caveat": caveat})
    assert mail(ledger, "uowner")[-2:] == [("version-warned", "now"), ("version-cleared", "digest")]


def test_a_thousand_watchers_cost_no_query_each(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        names = [f"w{number:04d}" for number in range(1100)]
        connection.execute(insert(USERS), [{"id": it, "name": it, "created": NOW} for it in names])
        connection.execute(insert(WATCHES), [{"user": it, "analysis": ANALYSIS} for it in names])
    request = drafted(ledger, audience="public").id
    said: list[str] = []
    event.listen(ledger.database.engine, "before_cursor_execute", lambda *it: said.append(str(it[2])))
    ledger.act(request, "submit", OWNER, {}, facts=FACTS)
    assert ledger.outbox.waiting() == 1100
    assert len([it for it in said if it.startswith("SELECT")]) < 40


def test_many_are_the_same_actors_as_each_alone(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        connection.execute(insert(USERS), [{"id": it, "name": it, "created": NOW} for it in ("ua", "ub", "uc")])
        connection.execute(insert(CONTACTS), [{"user": "ua", "analysis": "x"}, {"user": "ua", "analysis": "y"}])
        bond(connection, "role", "ub", "operator", "test", NOW)
        bond(connection, "coordinator", "ub", "atlas", "test", NOW)
        alone = {it: actor_of_user(connection, it) for it in ("ua", "ub", "uc")}
        assert actors_of(connection, alone) == alone
        assert alone["uc"] == Actor(user="uc") and actors_of(connection, ()) == {}
