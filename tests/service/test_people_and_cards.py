"""Who is what, given and taken by administrators; cards, stated by those who answer for an analysis."""

from __future__ import annotations

from tests.service.on_both import *  # noqa: F403
from tests.service.running import ANALYSIS, Running

OTHER = "atlas-other"


def test_an_administrator_makes_a_contact_who_may_then_decide(service: Running) -> None:
    service.publish()
    root = service.client(service.person("root", roles="administrator"))
    ada, carol = service.client(service.person("ada")), service.client(service.person("carol"))
    asked = {"analysis": ANALYSIS, "title": "x", "audience": "public", "points": [{"coordinates": {"m": 1}}]}
    made = ada.post("/requests", json=asked).json()
    assert service.act(ada, made["id"], "submit").status_code == 200
    assert service.act(carol, made["id"], "accept").status_code == 403
    path = f"/people/{service.people['carol']}/contact/{ANALYSIS}"
    assert carol.put(path).status_code == 403
    assert root.put(path).json()["contact_of"] == [ANALYSIS]
    assert carol.get("/me").json()["contact_of"] == [ANALYSIS]
    assert service.act(carol, made["id"], "accept").status_code == 200
    assert root.delete(path).json()["contact_of"] == []
    assert service.act(carol, made["id"], "run").status_code == 403


def test_strangers_are_nobody(service: Running) -> None:
    me = service.client().get("/me").json()
    assert me == {
        "user": "", "roles": [], "contact_of": [], "coordinator_of": [], "name": "", "how": "nobody", "scopes": None,
        "watching": [],
    }  # fmt: skip


def test_a_role_that_there_is_not(service: Running) -> None:
    root = service.client(service.person("root", roles="administrator"))
    answer = root.put(f"/people/{service.people['root']}/role/king")
    assert answer.status_code == 400 and "operator" in answer.json()["why"]
    assert root.put("/people/u0000000000/role/operator").status_code == 404


def test_a_card_is_stated_by_who_answers_for_the_analysis(service: Running) -> None:
    service.publish()
    service.publish(OTHER)
    carol = service.client(service.person("carol", contact=ANALYSIS))
    assert service.client().get(f"/analyses/{ANALYSIS}/card").json()["policy"] == "on-acceptance"
    assert carol.put(f"/analyses/{OTHER}/card", json={"policy": "closed"}).status_code == 403
    wrong = carol.put(f"/analyses/{ANALYSIS}/card", json={"policy": "sometimes", "final_states": ["no such word"]})
    assert wrong.status_code == 422 and wrong.json()["code"] == "card.invalid"
    stated = carol.put(f"/analyses/{ANALYSIS}/card", json={"policy": "closed"})
    assert stated.status_code == 200, stated.text
    assert stated.json()["policy"] == "closed" and stated.json()["who"] == "carol"


def test_a_link_for_referees_reads_one_request(service: Running) -> None:
    service.publish()
    ada = service.client(service.person("ada"))
    asked = {"analysis": ANALYSIS, "title": "x", "points": [{"coordinates": {"m": 1}}]}
    first, second = (ada.post("/requests", json=asked).json()["id"] for _ in range(2))
    for request in (first, second):
        assert service.act(ada, request, "submit").status_code == 200
    link = ada.post(f"/requests/{first}/links", json={"note": "referees"}).json()
    referee = service.client(link["link"].rpartition("/")[2])
    assert referee.get(f"/requests/{first}").status_code == 200
    assert referee.get(f"/requests/{second}").status_code == 404
    assert referee.get("/requests").json()["total"] == 0
    assert service.act(referee, first, "comment", text="x").status_code == 403
    assert link["link"].rpartition("/")[2] not in ada.get(f"/requests/{first}/links").text
    assert ada.delete(f"/requests/{first}/links/{link['id']}").status_code == 204
    assert referee.get(f"/requests/{first}").status_code == 404
