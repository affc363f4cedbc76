"""What is not released is for those who may read it: others see the same whatever the answers say, byte for byte."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from recast.service.answers import told
from recast.service.routes import ACTIONS
from recast.service.seats import Seats
from tests.service.answers.plane import LIMITS, plane, published
from tests.service.running import Running
from tests.service.twice import plain

PATHS = (
    "/requests/{id}/answers", "/requests/{id}/answers.json", "/requests/{id}/answers?sort=-cls_obs",
    "/requests/{id}/answers?verdict=excluded", "/requests/{id}/points/p1", "/requests/{id}/points/p1.json",
    "/requests/compare?with={id}", "/requests/compare.json?with={id}",
    "/api/v1/requests/{id}/answers", "/api/v1/requests/{id}/points/p1", "/api/v1/requests/compare?with={id}",
    "/api/v1/requests/{id}/answers?x=cls_obs&y=xsec_fb", "/api/v1/requests/{id}/answers?q=C1N2&sort=xsec_fb",
    "/api/v1/requests/{id}/downloads/answers.csv", "/api/v1/requests/{id}/downloads/answers.json",
    "/api/v1/requests/{id}/downloads/chart.svg", "/api/v1/requests/{id}/downloads/hepdata.zip",
    "/api/v1/requests/{id}/answers/a1/charts/limits.svg",
)  # fmt: skip


def test_every_new_route_is_looked_at() -> None:
    ours = {it for it in ACTIONS if "/requests/compare" in it or "/points/{point}" in it or "/downloads/" in it}
    ours |= {it for it in ACTIONS if it.endswith(("{id}/answers", "{id}/answers.json", "/charts/{file}"))}
    names = {"{id}": "{id}", "{point}": "p1", "{file}": "", "{answer_id}": "a1"}
    for route in ours:
        path = route.removeprefix("GET ")
        for name, value in names.items():
            path = path.replace(name, value)
        assert any(it.startswith(path.removesuffix(".json")) for it in PATHS), route


def seen(service: Running, client: httpx2.Client, request: str) -> dict[str, bytes]:
    found = {}
    for path in PATHS:
        accept = "application/json" if "/api/" in path or ".json" in path else "text/html"
        answer = client.get(service.url + path.format(id=request), headers={"Accept": accept})
        headers = {key: value for key, value in answer.headers.items() if key not in ("date", "x-request-id", "etag")}
        content = f"{answer.status_code} {headers}".encode() + plain(service, answer)
        found[path] = content.replace(request.encode(), b"ID")
    return found


@pytest.mark.parametrize("audience", ["public", "unlisted"])
def test_a_stranger_sees_nothing_of_what_is_not_released(service: Running, audience: str) -> None:
    staged = published(service)
    excluded = [it for it in LIMITS if it["excluded"]][:8]
    allowed = [it for it in LIMITS if not it["excluded"]][:8]
    where = [{"coordinates": {"m": number, "n": number % 3}} for number in range(8)]
    given: dict[str, Any] = {"points": where, "axes": ["m", "n"], "title": "T"}
    one, other = (plane(staged, "answered", audience, limits, **given) for limits in (excluded, allowed))
    bob = service.client(service.person("bob"))
    for client in (service.client(), bob):
        both = [seen(service, client, it.id) for it in (one, other)]
        for path in PATHS:
            assert both[0][path] == both[1][path], path
    carol = service.client(service.person("carol"))
    verdicts = [carol.get(f"/requests/{it.id}/answers").json()["verdicts"] for it in (one, other)]
    assert verdicts == [{"excluded": 8}, {"allowed": 8}]


def test_many_points_are_for_a_few_at_a_time(service: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "_MANY", 3)
    monkeypatch.setattr(told, "_SEATS", Seats(1, each=1))
    request = plane(published(service), "released", limits=LIMITS[:4])
    paths = [f"/requests/{request.id}/answers", f"/requests/compare?with={request.id}"]
    with told._SEATS.one("somebody"):
        assert [service.client().get(path).status_code for path in paths] == [503, 503]
    assert [service.client().get(path).status_code for path in paths] == [200, 200]


def test_what_is_hidden_is_as_what_is_not_there(service: Running) -> None:
    staged = published(service)
    private = plane(staged, "released", "private", LIMITS[:4])
    public = plane(staged, "released", "public", LIMITS[:4])
    nothing = "q" + "a" * (len(private.id) - 1)
    for client in (service.client(), service.client(service.person("bob"))):
        both = [seen(service, client, it) for it in (private.id, nothing)]
        for path in PATHS:
            assert both[0][path].startswith(b"404") and both[0][path] == both[1][path], path
        for path in ("/api/v1/requests/compare?with={}&with={}", "/requests/compare?with={}&with={}"):
            both_told = [client.get(service.url + path.format(public.id, it)) for it in (private.id, nothing)]
            texts = [it.text.replace(private.id, nothing) for it in both_told]
            assert [it.status_code for it in both_told] == [404, 404] and texts[0] == texts[1]
