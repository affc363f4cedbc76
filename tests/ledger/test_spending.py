"""What a change takes of quotas is judged and counted in its own transaction, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from recast.desk.model import Actor
from recast.desk.refusals import Refused
from recast.errors import PermissionDenied
from recast.ledger import Ledger, Once
from recast.ledger.people.quotas import reserved_for, set_quota
from recast.ledger.people.users import make_local_user
from tests.ledger.making import FACTS, asked, drafted

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


def test_a_key_that_comes_again_is_answered_when_the_quota_is_used_up_by_then(ledger: Ledger, ann: Actor) -> None:
    once, quotas = Once("k", "d"), {"open_requests": 0.1}
    first = ledger.act(None, "draft", ann, asked(), facts=FACTS, once=once, quotas=quotas)
    with pytest.raises(PermissionDenied) as refused:
        ledger.act(None, "draft", ann, asked(), facts=FACTS, quotas=quotas)
    assert refused.value.code == "permission.quota"
    assert ledger.act(None, "draft", ann, asked(), facts=FACTS, once=once, quotas=quotas) == first
