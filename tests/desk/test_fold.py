"""Whatever is tried in any order: the state is the fold of what was written down, and `may` allowed all of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from recast.desk.act import apply, decide, fold
from recast.desk.history import event_document
from recast.desk.may import may
from recast.desk.model import POINT_STATES, REQUEST_STATES, Request
from recast.desk.objects import Service
from recast.desk.record import as_record, event_of, event_record, of_record
from recast.desk.told import told
from recast.desk.transitions import ACTIONS
from recast.desk.words import WORDS
from recast.errors import RecastError
from tests.desk.people import ASKED, EVERYBODY, FACTS, LIMIT, NOW, Desk

_POINTS = some.sampled_from(["p1", "p2", "p3", "p9"])
_DATA = some.fixed_dictionaries(
    {},
    optional={
        "reason": some.just("because"),
        "text": some.text(max_size=20),
        "user": some.sampled_from(["ubob", "ucora"]),
        "audience": some.sampled_from(["public", "unlisted", "private", "all"]),
        "run": some.sampled_from(["r1", "r2"]),
        "point": _POINTS,
        "points": some.lists(_POINTS, max_size=3),
        "answers": some.lists(some.sampled_from(["a1", "a2", "a3"]), max_size=2),
        "results": some.sampled_from([[], [LIMIT], "x"]),
        "provenance": some.just({"method": "by hand"}),
        "analysis": some.just("atlas-y"),
        "digest": some.just(FACTS.digest),
        "caveat": some.just("withdrawn"),
    },
)
_TIMES = some.sampled_from([NOW, "2026-02-20T12:00:00Z", "2026-05-01T12:00:00Z"])
_STEPS = some.tuples(some.sampled_from(sorted(ACTIONS)), some.sampled_from(sorted(EVERYBODY)), _TIMES, _DATA)
_POLICIES = some.sampled_from(["closed", "on-acceptance", "at-once"])
_STARTS = some.sampled_from(["draft", "submitted", "accepted", "answered", "released"])


@given(_STARTS, _POLICIES, some.lists(_STEPS, max_size=25))
def test_the_state_is_the_fold_of_the_audit_trail(start: str, policy: str, steps: list[Any]) -> None:
    desk = Desk(replace(FACTS, policy="on-acceptance")).up_to(start, audience="unlisted")
    desk.facts = replace(FACTS, policy=policy)
    for action, who, now, data in steps:
        _try(desk, policy, action, who, now, data)
    request = desk.now
    assert fold(desk.events) == request
    assert [event.number for event in desk.events] == list(range(1, request.version + 1))
    assert of_record(json.loads(json.dumps(as_record(request)))) == request
    assert fold(event_of(json.loads(json.dumps(event_record(it)))) for it in desk.events) == request
    _check_sound(request)


def _try(desk: Desk, policy: str, action: str, who: str, now: str, data: Any) -> None:
    before, actor = desk.now, EVERYBODY[who]
    if action not in ("draft", "amend") and "digest" not in data:  # sometimes what does not go with it is sent as well
        data = {key: value for key, value in data.items() if key in WORDS.get(action, ()) or key == "reason"}
    try:
        events = desk.do(action, actor, now, **data)
    except RecastError:
        assert desk.now is before
        return
    row = ACTIONS[action]
    assert may(actor, action, before, policy).yes
    assert before.state in row.sources
    assert [event.kind for event in events] in ([], [row.kind], [row.kind, "completed"], ["amended", "submitted"])
    for event in events:
        assert all(notice.to != f"user:{actor.user}" for notice in told(desk.now, event))
        for reader in EVERYBODY.values():
            event_document(desk.now, event, reader, policy)


def _check_sound(request: Request) -> None:
    assert request.state in REQUEST_STATES
    answers = [answer for point in request.points for answer in point.answers]
    assert len({answer.id for answer in answers}) == len(answers)
    assert all((answer.statement != "") == (answer.state == "released") for answer in answers)
    for point in request.points:
        assert point.state in POINT_STATES
        runs = [answer.run for answer in point.answers if answer.run]
        assert len(runs) == len({*runs})
        assert (point.run in request.runs) if point.state == "running" else True


@given(some.sampled_from(sorted(ACTIONS)), some.sampled_from(sorted(EVERYBODY)))
def test_a_request_begins_with_a_draft_of_somebody(action: str, who: str) -> None:
    try:
        events = decide(None, action, EVERYBODY[who], NOW, ASKED, FACTS)
    except RecastError:
        return
    assert action == "draft" and may(EVERYBODY[who], "draft", Service()).yes
    assert apply(None, events[0]).owner == EVERYBODY[who].user


def test_points_that_an_event_leaves_alone_stay_the_same_objects() -> None:
    desk = Desk().up_to("answered")
    before = desk.now.points
    desk.do("review", EVERYBODY["contact"], answers=["a2"])
    assert [new is old for new, old in zip(desk.now.points, before, strict=True)] == [True, False, True]
