"""What goes on inside, for operators: the worst first, no addresses, and for everybody else it is not there."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, update

from recast.ledger import tables
from recast.ledger.operating.troubles import Trouble
from recast.ledger.people.quotas import note_use
from recast.ledger.people.tables import USERS
from tests.service.running import Running
from tests.service.staged import Staged
from tests.service.test_runs import picture


@pytest.fixture
def staged(service: Running) -> Staged:
    return Staged(service)


def filled(service: Running, staged: Staged) -> str:
    """Let much go on, and return the request that it is about."""
    ledger, now = service.parts.ledger, service.clock.time
    request = staged.request("accepted", "private")
    staged.act(request.id, "run", staged.carol)
    lease = ledger.work.take("node1:17:ab", ["run"], 60.0)
    assert lease is not None
    run = staged.run(request, "run-1")
    picture(service, run)
    for attempt in (1, 2, 3):
        ledger.troubles.note(lease, Trouble(run, "/fit/0", attempt, "lost", "slurm", "node7", avoided=attempt == 3))
    ledger.troubles.note(lease, Trouble(run, "/<b>/0", 1, "memory", "slurm"))
    ledger.heartbeats.beat("node1:17:ab", {"every_s": 15, "runs": 1, "most_runs": 2, "executor": "slurm", "policy": [
        {"file": "site.toml", "rules": {"most_cpus": 8}}]})  # fmt: skip
    ledger.work.postpone(lease, 60.0, "the batch system is away <script>", failed=True)
    with ledger.writing() as connection:
        note_use(connection, service.people["alice"], "core_hours", 42.5, "run-0", "2025-11-30T00:00:00Z")
        letter = {
            "person": service.people["alice"],
            "urgency": "now",
            "request": request.id,
            "event": 1,
            "text": "turn",
        }
        more: dict[str, Any] = {
            "not_before": now + 60,
            "tries": 2,
            "at": now - 7200,
            "why": "SMTPRecipientsRefused 550",
        }
        connection.execute(insert(tables.outbox).values(**letter, **more))
        connection.execute(update(tables.snapshots).values(at=now - 1200))
        connection.execute(update(USERS).where(USERS.c.id == service.people["alice"]).values(name="alice@example.org"))
    return request.id


def test_operators_see_what_goes_on(service: Running, staged: Staged) -> None:
    request = filled(service, staged)
    otto = service.client(service.person("otto", roles="operator"))
    told = otto.get("/operators").json()
    assert {"kind": "run", "state": "waiting", "count": 1} in told["work"]["counts"]
    (piece,) = told["work"]["items"]
    assert piece["request"] == request and piece["why"].startswith("the batch system") and piece["failures"] == 1
    assert piece["wanted"].startswith("20")
    assert told["failures"]["day"][0] == {"failure": "lost", "executor": "slurm", "attempts": 3, "runs": 1}
    assert told["nodes"] == [{"host": "node7", "attempts": 3, "runs": 1, "last": told["at"], "avoided_by": 1}]
    assert told["dispatchers"][0]["silent"] is False and told["runs"][0]["id"] == "run-1"
    used = {it["what"]: it for it in told["quotas"]}["core_hours"]
    assert used["used"] == 42.5 and used["user"] == service.people["alice"]
    assert told["outbox"]["items"][0]["why"] == "SMTPRecipientsRefused 550" and told["outbox"]["refused"] == 1
    assert told["disk"]["total"] > 0 and told["streams"]["open"] == 0
    page = otto.get(f"{service.url}/operators").text
    for words in ("node7", "42.5", "550", "most_cpus = 8", "has refused 1 letter.", "&lt;script&gt;", "heard of last"):
        assert words in page, words
    assert "alice@example.org" not in page and "<b>/0" not in page
    assert otto.get(f"{service.url}/operators.json").json().keys() == told.keys()
    assert ">Operators</a>" in page


@pytest.mark.parametrize("path", ["/api/v1/operators", "/operators", "/operators.json"])
def test_for_others_it_is_not_there(service: Running, staged: Staged, path: str) -> None:
    for token in ("", service.person("alice"), service.person("carol"), service.person("cora", coordinator="atlas")):
        answer = service.client(token).get(service.url + path)
        nothing = service.client(token).get(service.url + path.replace("operators", "nothing-here"))
        assert answer.status_code == nothing.status_code == 404
    assert service.client(service.person("root", roles="administrator")).get(service.url + path).status_code == 200
    assert ">Operators</a>" not in service.client(service.person("alice")).get(service.url + "/").text


def test_an_empty_service_says_that_nothing_runs(service: Running, staged: Staged) -> None:
    otto = service.client(service.person("otto", roles="operator"))
    page = otto.get(f"{service.url}/operators").text
    assert "No dispatcher has given a sign of life" in page and "Nobody has used anything" in page
    service.parts.ledger.heartbeats.beat("node1:17:ab", {"every_s": 15})
    assert "Nothing needs you" in otto.get(f"{service.url}/operators").text
    service.clock.time += 3600
    page = otto.get(f"{service.url}/operators").text
    assert "No dispatcher has given a sign of life since" in page and "silent" in page
    service.clock.time += 90_000
    service.parts.ledger.heartbeats.beat("node1:18:cd", {"every_s": 15})
    assert [it["owner"] for it in service.parts.ledger.heartbeats.known()] == ["node1:18:cd"]
