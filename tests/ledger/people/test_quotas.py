"""Quotas: counted over thirty days, once for each run or upload, and told with what is left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from recast.errors import NotFound, PermissionDenied, UsageError
from recast.ledger import Ledger
from recast.ledger.people.audit import deeds_about
from recast.ledger.people.quotas import (
    DEFAULTS,
    WINDOW_S,
    add_use,
    check_room,
    note_use,
    open_requests,
    room_of,
    set_quota,
    settle,
    used_for,
    used_on,
)
from recast.ledger.people.users import make_local_user
from recast.moments import plus

NOW = "2027-01-31T12:00:00Z"


@pytest.fixture
def connection(ledger: Ledger) -> Iterator[Connection]:
    with ledger.writing() as connection:
        yield connection


@pytest.fixture
def ann(connection: Connection) -> str:
    return make_local_user(connection, "ann", "", "service", NOW).id


def test_what_does_not_fit_is_refused_with_what_is_left(connection: Connection, ann: str) -> None:
    note_use(connection, ann, "core_hours", 96, "run1", NOW)
    room = room_of(connection, ann, "core_hours", NOW)
    assert (room.used, room.most, room.left) == (96, DEFAULTS["core_hours"], 4)
    check_room(room, 4)
    with pytest.raises(PermissionDenied) as refused:
        check_room(room, 4.5)
    assert refused.value.code == "permission.quota"
    assert "96 of 100 core-hours" in refused.value.why


def test_a_run_is_counted_once_and_what_is_old_no_more(connection: Connection, ann: str) -> None:
    for amount in (1, 2, 3):
        note_use(connection, ann, "core_hours", amount, "run1", NOW)
    note_use(connection, ann, "upload_bytes", 5, "sha256:x", NOW)
    assert room_of(connection, ann, "core_hours", NOW).used == 3
    assert room_of(connection, ann, "core_hours", plus(NOW, WINDOW_S - 1)).used == 3
    assert room_of(connection, ann, "core_hours", plus(NOW, WINDOW_S)).used == 0


def test_what_comes_in_small_pieces_is_a_row_a_day(connection: Connection, ann: str) -> None:
    for now in (NOW, NOW, plus(NOW, 86400)):
        add_use(connection, ann, "ledger_bytes", 5, now)
    assert used_for(connection, ann, "ledger_bytes", NOW[:10], NOW) == 10
    assert room_of(connection, ann, "ledger_bytes", plus(NOW, 86400)).used == 15
    assert room_of(connection, ann, "ledger_bytes", plus(NOW, WINDOW_S)).used == 5


def test_a_run_of_nobody_costs_nothing(connection: Connection, ann: str) -> None:
    settle(connection, "unobody", "q1", "run1", 12, NOW)
    settle(connection, ann, "q1", "run1", 12, NOW)
    assert room_of(connection, ann, "core_hours", NOW).left == 88
    assert used_on(connection, ann, "atlas-susy-2019-08", NOW) == 0
    assert open_requests(connection, ann) == 0


def test_an_administrator_gives_and_takes_a_quota(connection: Connection, ann: str) -> None:
    set_quota(connection, ann, "core_hours", 5, "uadmin", NOW)
    assert room_of(connection, ann, "core_hours", NOW).most == 5
    assert room_of(connection, ann, "core_hours", NOW, defaults={"core_hours": 7}).most == 5
    set_quota(connection, ann, "core_hours", None, "uadmin", NOW)
    assert room_of(connection, ann, "core_hours", NOW, defaults={"core_hours": 7}).most == 7
    deeds = [(it["deed"], it["actor"], it["data"]) for it in deeds_about(connection, ann)][-2:]
    assert deeds[0] == ("quota-set", "uadmin", {"what": "core_hours", "most": 5})


@pytest.mark.parametrize("most", [-1, float("nan"), float("inf")])
def test_quotas_that_are_none(connection: Connection, ann: str, most: float) -> None:
    with pytest.raises(UsageError):
        set_quota(connection, ann, "core_hours", most, "uadmin", NOW)
    with pytest.raises(UsageError):
        set_quota(connection, ann, "beer", 1, "uadmin", NOW)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        set_quota(connection, "unobody", "core_hours", 1, "uadmin", NOW)


def test_none_of_a_quota_is_left_below_zero(connection: Connection, ann: str) -> None:
    note_use(connection, ann, "core_hours", 1000, "run1", NOW)
    assert room_of(connection, ann, "core_hours", NOW).left == 0
