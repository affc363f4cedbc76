"""The kill table of what people do and time demands: each transition of the desk is killed once at its commit.

What got no answer comes again, as browsers, programs and the clock do. Then all is as if nobody had been killed: the
events, the state, the letters that wait, the work to do. `make desk-faults` runs all rows, `make test` two of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, select

from recast.desk.facts import Facts
from recast.desk.model import Actor
from recast.desk.transitions import ACTIONS
from recast.ledger import Ledger, tables
from tests.conftest import ROOT
from tests.dispatch.test_kill_table import RUNNING, WHEN, environ
from tests.ledger.making import CONTACT, FACTS, MACHINE, OWNER, STRANGER, asked
from tests.testbeds.postgres.bed import PostgresBed
from tests.waiting import BOUND_S

pytestmark = pytest.mark.slow

NOW_S, DAY_S = 1_800_000_000.0, 86_400.0
MODERATOR = Actor(user="umoderator", roles=frozenset({"administrator"}))
LIMIT = {"type": "limit", "name": "limit", "cls_obs": 0.02}
ELSEWHERE = {"point": "p1", "results": [LIMIT], "provenance": {"method": "internal simulation"}}
BECAUSE = {"reason": "because"}
UNKNOWN = Facts(has_contact=False)


@dataclass(frozen=True)
class Step:
    """One thing that is done: an action of somebody, or with `caveat` what the clock demands."""

    action: str
    who: Actor = OWNER
    data: dict[str, Any] = field(default_factory=dict)
    facts: Facts = FACTS
    days: float = 0.0
    caveat: str | None = None


DRAFT, SUBMIT, ACCEPT = Step("draft", data=asked(audience="public")), Step("submit"), Step("accept", CONTACT)
RUN, START = Step("run", CONTACT), Step("start-run", MACHINE, {"run": "r1", "points": ["p1", "p2"]})
ANSWERS = [Step("answer-point", MACHINE, {"run": "r1", "point": it, "results": [LIMIT]}) for it in ("p1", "p2")]
DRAFTED, SUBMITTED, ACCEPTED = [DRAFT], [DRAFT, SUBMIT], [DRAFT, SUBMIT, ACCEPT]
ANSWERED = [*ACCEPTED, RUN, START, *ANSWERS]
REVIEW = Step("review", CONTACT)
RELEASED = [*ANSWERED, REVIEW, Step("release", CONTACT)]
WANTED = {
    **{key: value for key, value in asked(audience="public").items() if key != "analysis"},
    "wanted": "2106.01676",
}
CLAIM = Step("claim", STRANGER)
INVITE = Step("invite", data={"user": STRANGER.user})

ROADS = {
    "draft": [DRAFT],
    "amend": [*DRAFTED, Step("amend", data={"title": "Gluinos and more"})],
    "submit": SUBMITTED,
    "accept": ACCEPTED,
    "decline": [*SUBMITTED, Step("decline", CONTACT, BECAUSE)],
    "withdraw": [*ACCEPTED, RUN, Step("withdraw")],
    "remind": [*SUBMITTED, Step("remind", MACHINE, days=15, caveat="")],
    "expire": [*SUBMITTED, Step("expire", MACHINE, days=61, caveat="")],
    "reopen": [*SUBMITTED, Step("decline", CONTACT, BECAUSE), Step("reopen")],
    "run": [*ACCEPTED, RUN],
    "cancel": [*ACCEPTED, RUN, START, Step("cancel", CONTACT)],
    "rerun": [*RELEASED, Step("rerun", CONTACT)],
    "warn": [*RELEASED, Step("warn", MACHINE, caveat="withdrawn: a wrong sign")],
    "answer": [*ACCEPTED, Step("answer", STRANGER, ELSEWHERE)],
    "review": [*ANSWERED, REVIEW],
    "reject": [*ANSWERED, Step("reject", CONTACT, BECAUSE)],
    "release": RELEASED,
    "comment": [*SUBMITTED, Step("comment", STRANGER, {"text": "And winos?"})],
    "subscribe": [*SUBMITTED, Step("subscribe", STRANGER)],
    "unsubscribe": [*SUBMITTED, Step("subscribe", STRANGER), Step("unsubscribe", STRANGER)],
    "claim": [*SUBMITTED, CLAIM],
    "unclaim": [*SUBMITTED, CLAIM, Step("unclaim", STRANGER)],
    "archive": [
        Step("draft", data=WANTED, facts=UNKNOWN), Step("submit", facts=UNKNOWN), CLAIM,
        Step("archive", STRANGER, {"analysis": "atlas-susy-2019-08"}),
    ],
    "invite": [*DRAFTED, INVITE],
    "uninvite": [*DRAFTED, INVITE, Step("uninvite", data={"user": STRANGER.user})],
    "publish": [*DRAFTED, Step("publish", data={"audience": "unlisted"})],
    "restrict": [*SUBMITTED, Step("restrict", MODERATOR, BECAUSE)],
}  # fmt: skip
"""A way to each transition, which is its last step."""

IN_SUITE = {("release", "after", "process"), ("submit", "before", "process")}


def test_each_transition_has_a_row() -> None:
    """`complete` follows the answer to the last point; a run's own are killed in test_kill_table.py."""
    assert set(ROADS) == set(ACTIONS) - set(RUNNING) - {"complete"}


def rows() -> Iterator[Any]:
    for action in ROADS:
        for when in WHEN:
            for victim in ("process", "postgres"):
                marks = () if (action, when, victim) in IN_SUITE else (pytest.mark.rare,)
                yield pytest.param(action, when, victim, marks=marks, id=f"{action}-{when}-{victim}")


@pytest.fixture(scope="session")
def killed_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresBed]:
    """A server that these tests may kill."""
    with PostgresBed(tmp_path_factory.mktemp("postgres")).joined() as bed:
        yield bed


@pytest.mark.parametrize(("action", "when", "victim"), list(rows()))
def test_what_comes_again_is_done_once(
    request: pytest.FixtureRequest, tmp_path: Path, action: str, when: str, victim: str
) -> None:
    mark, road = tmp_path / "mark", ROADS[action]
    with Ledger(f"sqlite:///{tmp_path}/quiet.sqlite", lambda: NOW_S) as quiet:
        expected = trace(quiet, along(quiet, road))
    if victim == "process":
        url, fault = f"sqlite:///{tmp_path}/ledger.sqlite", environ(action, when, "self", mark)
        found = killed(url, road, fault)
    else:
        bed: PostgresBed = request.getfixturevalue("killed_postgres")
        with bed.database() as url:
            found = killed(url, road, environ(action, when, str(bed.folder), mark))
    assert mark.exists()
    assert found == expected


def killed(url: str, road: list[Step], fault: dict[str, str]) -> dict[str, Any]:
    """Go along a road, whose last step is killed once; return what is in the ledger then."""
    *before, last = road
    with Ledger(url, lambda: NOW_S) as ledger:
        name = along(ledger, before) if before else ""
        name = apart(url, name, last, fault) or name
        assert ledger.audit_holds() == []
        return trace(ledger, name)


def along(ledger: Ledger, road: list[Step]) -> str:
    """Go along a road in this process; return the request's id."""
    name = ""
    for step in road:
        if step.caveat is None:
            name = ledger.act(name or None, step.action, step.who, step.data, facts=step.facts).id
        else:
            apart(str(ledger.database.engine.url.render_as_string(hide_password=False)), name, step, {})
    return name


def apart(url: str, name: str, step: Step, environment: dict[str, str]) -> str:
    """Do a step in a process of its own, again if it got no answer; return the request's id if it tells one."""
    said: dict[str, Any] = {"url": url, "now": NOW_S + step.days * DAY_S}
    if step.caveat is None:
        who = {key: sorted(it) if isinstance(it, frozenset) else it for key, it in asdict(step.who).items()}
        said |= {"request": name, "action": step.action, "who": who, "data": step.data, "key": "a-key"}
        said["facts"] = asdict(step.facts)
    else:
        said["caveat"] = step.caveat
    command = [sys.executable, "-W", "error", "-m", "tests.dispatch.one_act", json.dumps(said)]
    for _ in range(2):
        done = subprocess.run(
            command, env={**os.environ, **environment}, cwd=ROOT, capture_output=True, text=True, timeout=BOUND_S
        )
        if done.returncode == 0:
            return done.stdout.strip()
    raise AssertionError(done.stderr)


def trace(ledger: Ledger, name: str) -> dict[str, Any]:
    """Return all that a ledger holds of a request, without ids and hours that are made anew each time."""
    done = ledger.request(name)
    return {
        "state": done.state,
        "audience": done.audience,
        "points": [(point.state, [answer.state for answer in point.answers]) for point in done.points],
        "events": [(event.number, event.kind, event.actor) for event in ledger.events(name)],
        "letters": _rows(ledger, tables.outbox, "person", "urgency", "event"),
        "work": _rows(ledger, tables.work, "kind", "event", "state"),
        "parties": _rows(ledger, tables.parties, "person", "role"),
        "stated": len(_rows(ledger, tables.stated, "digest")),
        "changes": Counter(kind for (kind,) in _rows(ledger, tables.changes, "kind")),
    }


def _rows(ledger: Ledger, table: Table, *columns: str) -> list[tuple[Any, ...]]:
    with ledger.reading() as connection:
        found = connection.execute(select(*(table.c[name] for name in columns)))
        return sorted(tuple(row) for row in found)
