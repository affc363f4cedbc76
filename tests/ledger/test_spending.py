"""What a change takes of quotas is judged and counted in its own transaction, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from recast.desk.model import Actor
from recast.desk.refusals import Refused
from recast.errors import PermissionDenied
from recast.ledger import Ledger, Once, Wanted
from recast.ledger.people.quotas import reserved_for, room_of, set_quota, settle
from recast.ledger.people.users import make_local_user
from recast.ledger.work import Lease
from recast.moments import moment
from tests.ledger.conftest import Clock
from tests.ledger.making import FACTS, MACHINE, asked, drafted

AT_ONCE = replace(FACTS, policy="at-once", core_hours=2.0, core_hours_quota=5.0)


@pytest.fixture
def ann(ledger: Ledger) -> Actor:
    with ledger.writing() as connection:
        return Actor(user=make_local_user(connection, "ann", "", "test", "2026-01-01T00:00:00Z").id)


def refusals(ledger: Ledger, requests: list[str], action: str, who: Actor) -> list[str]:
    """Do an action on many requests at the same moment; return why those that were refused were."""

    def act(request: str) -> str:
        try:
            ledger.act(request, action, who, {}, facts=AT_ONCE, quotas={"open_requests": 3})
        except (PermissionDenied, Refused) as error:
            return error.why
        return ""

    with ThreadPoolExecutor(8) as pool:
        return [why for why in pool.map(act, requests) if why]


def test_many_at_once_open_no_more_than_one_may(ledger: Ledger, ann: Actor) -> None:
    drafts = [drafted(ledger, owner=ann).id for _ in range(8)]
    refused = refusals(ledger, drafts, "submit", ann)
    assert len(refused) == 5 and all("3 of 3 open requests" in why for why in refused)


def test_many_at_once_spend_no_more_than_one_has(ledger: Ledger, ann: Actor) -> None:
    with ledger.writing() as connection:
        set_quota(connection, ann.user, "open_requests", 50, "uadmin", "2026-01-01T00:00:00Z")
    made = [drafted(ledger, owner=ann).id for _ in range(6)]
    assert refusals(ledger, made, "submit", ann) == []

    refused = refusals(ledger, made, "accept", ann)

    assert len(refused) == 4 and all("1 of your quota are left" in why for why in refused)
    with ledger.reading() as connection:
        assert sorted(reserved_for(connection, ann.user, it) for it in made) == [0, 0, 0, 0, 2, 2]


def test_what_is_reserved_for_a_request_is_there_for_it(ledger: Ledger, ann: Actor) -> None:
    dear = replace(AT_ONCE, core_hours=4.0)
    request = drafted(ledger, owner=ann)
    for action in ("submit", "accept", "run"):
        ledger.act(request.id, action, ann, {}, facts=dear)
    with ledger.reading() as connection:
        assert reserved_for(connection, ann.user, request.id) == 4


def reserved(ledger: Ledger, ann: Actor, request: str) -> float:
    with ledger.reading() as connection:
        return reserved_for(connection, ann.user, request)


def left(ledger: Ledger, ann: Actor) -> float:
    with ledger.reading() as connection:
        return room_of(connection, ann.user, "core_hours", moment(ledger.now())).left


def asked_to_run(ledger: Ledger, ann: Actor) -> str:
    request = drafted(ledger, owner=ann).id
    for action in ("submit", "accept", "run"):
        ledger.act(request, action, ann, {}, facts=AT_ONCE)
    return request


def test_a_second_run_leaves_the_reservation(ledger: Ledger, ann: Actor) -> None:
    request = asked_to_run(ledger, ann)
    ledger.act(request, "run", ann, {}, facts=replace(AT_ONCE, core_hours=0.0))
    assert reserved(ledger, ann, request) == 2 and left(ledger, ann) == 98


@pytest.mark.parametrize("action", ["withdraw", "cancel"])
def test_what_never_runs_is_reserved_no_more(ledger: Ledger, ann: Actor, action: str) -> None:
    request = asked_to_run(ledger, ann)
    assert left(ledger, ann) == 98
    ledger.act(request, action, ann, {"reason": "no"}, facts=AT_ONCE)
    assert (reserved(ledger, ann, request), left(ledger, ann)) == (0, 100)
    if action == "cancel":
        lease = ledger.work.take("d", ["cancel"], 60)
        ledger.act(request, "end-run", MACHINE, {"run": "none", "reason": "cancelled"}, lease=lease)
        ledger.act(request, "run", ann, {}, facts=AT_ONCE)
        assert left(ledger, ann) == 98


def test_what_was_accepted_and_withdrawn_is_reserved_no_more(ledger: Ledger, ann: Actor, clock: Clock) -> None:
    request = drafted(ledger, owner=ann).id
    for action in ("submit", "accept"):
        ledger.act(request, action, ann, {}, facts=AT_ONCE)
    assert left(ledger, ann) == 98
    clock.now += 31 * 86400
    assert left(ledger, ann) == 98, "it may still be run"
    ledger.act(request, "withdraw", ann, {}, facts=AT_ONCE)
    assert left(ledger, ann) == 100


def run_of(ledger: Ledger, request: str, run: str, folder: str = "/somewhere") -> Lease:
    """Let a child take the work and run it, up to the answer to the last point."""
    lease = ledger.work.take("d", ["run"], 60)
    assert lease is not None
    ledger.runs.note(lease, run, {})
    if folder:
        ledger.runs.placed(lease, run, folder)
    ledger.act(request, "start-run", MACHINE, {"run": run, "points": ["p1", "p2"]}, lease=lease)
    for point in ("p1", "p2"):
        data = {"point": point, "run": run, "results": [{"cls_obs": 0.1}]}
        ledger.act(request, "answer-point", MACHINE, data, lease=lease)
    return lease


def ended(ledger: Ledger, ann: Actor, lease: Lease, run: str, core_hours: float | None) -> None:
    def change(connection: Connection) -> None:
        settle(connection, ann.user, lease.request, run, core_hours, moment(ledger.now()), lease.event)

    ledger.write(change)
    ledger.work.finish(lease, {})


def test_the_end_of_a_run_leaves_the_reservation_of_the_next_one(ledger: Ledger, ann: Actor) -> None:
    request = asked_to_run(ledger, ann)
    lease = run_of(ledger, request, "r1")
    ledger.act(request, "rerun", ann, {}, facts=AT_ONCE)  # before the first run has said its last word
    assert left(ledger, ann) == 96
    ended(ledger, ann, lease, "r1", 0.5)
    assert (reserved(ledger, ann, request), left(ledger, ann)) == (2, 97.5)


@pytest.mark.parametrize(("folder", "costs"), [("/somewhere", 2.0), ("", 0.0)])
def test_a_run_of_which_nobody_knows_the_cost_has_cost_what_was_reserved(
    ledger: Ledger, ann: Actor, folder: str, costs: float
) -> None:
    lease = run_of(ledger, asked_to_run(ledger, ann), "r1", folder)
    ended(ledger, ann, lease, "r1", None)
    assert left(ledger, ann) == 100 - costs


def test_making_and_withdrawing_requests_comes_to_an_end(ledger: Ledger, ann: Actor) -> None:
    quotas = {"ledger_bytes": 170_000.0}
    with pytest.raises(PermissionDenied) as refused:
        for _ in range(10):
            request = ledger.act(None, "draft", ann, asked(), facts=FACTS, quotas=quotas)
            ledger.act(request.id, "withdraw", ann, {}, facts=FACTS, quotas=quotas)
    assert refused.value.code == "permission.quota" and "of requests, comments and answers" in refused.value.why
    assert len(ledger.requests(Wanted(), MACHINE).items) == 3


def test_what_many_write_at_once_is_counted_whole(ledger: Ledger, ann: Actor) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ledger.act(None, "draft", ann, asked(), facts=FACTS), range(8)))
    with ledger.reading() as connection:
        assert room_of(connection, ann.user, "ledger_bytes", moment(ledger.now())).used > 8 * 50_000


def test_a_key_that_comes_again_is_answered_when_the_quota_is_used_up_by_then(ledger: Ledger, ann: Actor) -> None:
    once, quotas = Once("k", "d"), {"open_requests": 0.1}
    first = ledger.act(None, "draft", ann, asked(), facts=FACTS, once=once, quotas=quotas)
    with pytest.raises(PermissionDenied) as refused:
        ledger.act(None, "draft", ann, asked(), facts=FACTS, quotas=quotas)
    assert refused.value.code == "permission.quota"
    assert ledger.act(None, "draft", ann, asked(), facts=FACTS, once=once, quotas=quotas) == first
