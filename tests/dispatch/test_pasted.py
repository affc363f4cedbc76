"""What people paste instead of points, and what every search says of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from recast.desk.facts import Facts
from recast.desk.model import Actor, Answer, Point
from recast.errors import InputError, RecastError
from recast.ledger import Ledger
from recast.ledger.catalogue.records import AnalysisRecord, VersionRecord
from recast.operations.points.check_points import check_points
from recast.operations.points.nearby import Known, nearest
from recast.operations.points.pasted import read_pasted
from tests.conftest import ROOT
from tests.dispatch.test_check_points import ANALYSIS, published  # noqa: F401

SLHA = (ROOT / "specs/atlas-susy-2018-22/1.0.0/files/examples/sqsq_direct_1600_400.slha").read_text()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        yield ledger


MASSES = {"coordinates": {"m_squark": 1200, "m_neutralino": 300.5}, "inputs": {}}


@pytest.mark.parametrize(
    ("text", "kind", "points"),
    [
        ("m_squark=1200 m_neutralino=300.5", "masses", [MASSES]),
        ("-p m_squark=1200 -p m_neutralino=300.5", "masses", [MASSES]),
        ("m_squark = 1200,\r\n m_neutralino = 300.5D0  # light", "masses", [MASSES]),
        ("m_a=1; m_b=2\nm_a=3; m_b=4", "masses", [{"m_a": 1, "m_b": 2}, {"m_a": 3, "m_b": 4}]),
        ("m_a=1\nm_a=2", "masses", [{"m_a": 1}, {"m_a": 2}]),
        ("toys=20 process='squark'", "masses", [{"coordinates": {}, "inputs": {"toys": 20, "process": "squark"}}]),
        ("m_squark,m_neutralino\n1200,300.5\n", "table", [MASSES]),
        ("# mine\nm_squark\tm_neutralino\n1200\t300.5", "table", [MASSES]),
        ("m_squark;m_neutralino;inputs.toys\n1200;300.5;7", "table", [{**MASSES, "inputs": {"toys": 7}}]),
        ("m_squark\n1200\n1300", "table", [{"m_squark": 1200}, {"m_squark": 1300}]),
        ("m_squark: 1200\nm_neutralino: 300.5", "points", [MASSES]),
        ("- {m_squark: 1200, m_neutralino: 300.5}", "points", [MASSES]),
        ('[{"coordinates": {"m_squark": 1200}}]', "points", [{"coordinates": {"m_squark": 1200}}]),
        ("wino", "words", None),
        ("gluinos, off shell", "words", None),
        ("", "words", None),
        ("1200 300", "words", None),
    ],
)
def test_what_people_paste(ledger: Ledger, text: str, kind: str, points: list[dict[str, Any]] | None) -> None:
    found = read_pasted(text, ledger)
    assert found.kind == kind
    if points is not None:
        whole = [it if "coordinates" in it else {"coordinates": it, "inputs": {}} for it in points]
        assert found.document["points"] == whole


def test_a_grid_and_a_request(ledger: Ledger) -> None:
    assert read_pasted("m_a: [1, 2]\nm_b: [3]", ledger).document == {"axes": {"m_a": [1, 2], "m_b": [3]}}
    request = "analysis: a-1\ntitle: x\naxes: {m_a: [1, 2]}\n"
    found = read_pasted(request, ledger)
    assert found.kind == "request" and found.document["axes"] == {"m_a": [1, 2]}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("BLOCK MASS\n 1000021 nan\n", "SLHA"),
        ("BLOCK MASS\n 1000021 1500\nBLOCK MASS\n 1000021 1600\n", "SLHA"),
        ("<LesHouchesEvents version='1.0'>\n<init>\n", "not complete"),
        ("m_a,m_b\n1\n", "1 value under 2 columns"),
        ("m: [1, 2", "cannot be read as YAML"),
        ("a: &a [*a, *a]\nb: [*a, *a]", "cannot be read as YAML"),
        ('[{"op": "add", "path": "/x"}, {"op": "add", "path": "/y"}', "cannot be read"),
    ],
)
def test_what_is_broken_says_why(ledger: Ledger, text: str, why: str) -> None:
    with pytest.raises(InputError) as refused:
        read_pasted(text, ledger)
    assert why in f"{refused.value.what} {refused.value.why}"
    assert "glimpse" not in f"{refused.value.what} {refused.value.why} {refused.value.where}"


def test_a_file_is_judged_and_kept_by_nobody(ledger: Ledger) -> None:
    found = read_pasted(SLHA, ledger)
    assert found.kind == "slha" and found.model is not None and found.model.spectrum is not None
    assert any("mass" in note for note in found.notes)
    patch = read_pasted(json.dumps([{"op": "add", "path": "/x", "value": 1}]), ledger)
    assert patch.kind == "pyhf"
    left = [path for path in ledger.uploads.store.scratch.rglob("*") if path.is_file()]
    assert left == [] and ledger.uploads.of("") == []


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.text(alphabet=some.sampled_from("ab_m=,;:\n\t -[]{}\"'#0123.eD&*"), max_size=60))
def test_any_text_is_something_or_refused(ledger: Ledger, text: str) -> None:
    try:
        read_pasted(text, ledger)
    except RecastError as problem:
        assert problem.what


def asked(ledger: Ledger, text: str, **more: Any) -> dict[str, Any]:
    return check_points({"text": text, "points": [], **more}, actor=Actor(), ledger=ledger)


OWNER = Actor(user="u1")


def released(ledger: Ledger, audience: str) -> str:
    """Return the id of a request with one released answer."""
    facts, contact = Facts(version="1.0.0", digest=f"sha256:{'1' * 64}"), Actor("u2", contact_of=frozenset({ANALYSIS}))
    point = {"coordinates": {"m_chargino_gev": 310, "m_neutralino_gev": 0}}
    about = {"analysis": ANALYSIS, "title": "x", "audience": audience, "points": [point]}
    request = ledger.act(None, "draft", OWNER, about, facts=facts).id
    machine, run = Actor(machine=True), f"r-{request}"
    answer = {"point": "p1", "run": run, "results": [{"type": "limit", "name": "limit", "cls_obs": 0.02}]}
    steps: tuple[tuple[Actor, str, dict[str, Any]], ...] = (
        (OWNER, "submit", {}),
        (contact, "accept", {}),
        (contact, "run", {}),
        (machine, "start-run", {"run": run, "points": ["p1"]}),
        (machine, "answer-point", answer),
        (contact, "review", {}),
        (contact, "release", {}),
    )
    for actor, action, data in steps:
        ledger.act(request, action, actor, data, facts=facts)
    return request


@pytest.mark.usefixtures("published")
class TestOfTheCatalogue:
    """What the shipped search says."""

    @pytest.fixture(autouse=True)
    def home(self, published: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
        monkeypatch.setenv("RECAST_HOME", str(published))
        monkeypatch.setenv("RECAST_SHIPPED", str(ROOT / "catalogue"))

    def test_clauses_and_what_no_search_covers(self, ledger: Ledger) -> None:
        found = asked(ledger, "m_chargino=300 m_neutralino=0\nm_chargino=5000 m_neutralino=0")
        assert found["read"] == {"kind": "masses", "points": 2, "notes": []} and found["faults"] == []
        first = found["searches"][0]
        assert first["analysis"] == ANALYSIS and (first["takes"], first["points"]) == (1, 2)
        (clause,) = first["clauses"]
        assert clause["points"] == 1 and clause["says"] == "no" and "5 TeV" in clause["why"]
        assert first["cost"]["words"].startswith("not known") and first["nearest"] == []
        (uncovered,) = found["uncovered"]
        assert uncovered["point"] == "p2" and uncovered["closest"] == {"analysis": ANALYSIS, "clause": clause["clause"]}
        assert uncovered["why"] == clause["why"]

    def test_one_search_with_every_fault(self, ledger: Ledger) -> None:
        found = asked(ledger, "m_chargino_gev,m_neutralino_gev\n300,0\n300.5,0\n", analysis=ANALYSIS)
        assert found["version"]["analysis"] == ANALYSIS and {it["point"] for it in found["faults"]} == {"p2"}

    def test_words_and_silent_points_say_so(self, ledger: Ledger) -> None:
        found = asked(ledger, "wino")
        assert found["read"]["kind"] == "words" and found["searches"] == [] and found["faults"][0]["where"] == "/text"
        silent = check_points({"points": [{"coordinates": {"name": "x"}}]}, actor=Actor(), ledger=ledger)
        assert "nothing to compare" in silent["uncovered"][0]["why"]

    def test_a_spectrum_is_compared_and_not_told_where_it_lay(self, ledger: Ledger) -> None:
        found = asked(ledger, SLHA)
        first, *others = found["searches"]
        assert found["read"]["kind"] == "slha" and {it["points"] for it in found["searches"]} == {1}
        assert (first["analysis"], first["takes"] + first["outside"]) == ("atlas-susy-2018-22", 1)
        assert first["masses_gev"]["neutralino1"] == 400 and "FILE" in first["next"]
        assert any(it["clauses"] and not it["takes"] for it in others) and found["uncovered"] == []
        assert "glimpse" not in json.dumps(found)

    def test_what_is_near_is_told_for_each_search_to_those_who_may_read_it(self, ledger: Ledger) -> None:
        def near(actor: Actor, **more: Any) -> list[Any]:
            question = {"text": "m_chargino=300 m_neutralino=0", "points": [], **more}
            found = check_points(question, actor=actor, ledger=ledger)
            told = found["nearest"] if more else found["searches"][0]["nearest"]
            return [(it["request"], it["cls_obs"]) for point in told for it in point["answers"]]

        private = released(ledger, "private")
        for more in ({}, {"analysis": ANALYSIS}):
            assert near(Actor(), **more) == [] and near(OWNER, **more) == [(private, 0.02)]
        public = released(ledger, "public")
        assert near(Actor()) == [(public, 0.02)] and len(near(OWNER)) == 2

    def test_the_digest_of_the_index_gives_the_cost(self, ledger: Ledger) -> None:
        about = {"title": "x", "collaboration": "ATLAS", "sqrts_tev": 13}
        version = VersionRecord(ANALYSIS, "1.0.0", f"sha256:{'1' * 64}", "published", "", about)
        ledger.catalogue.put([AnalysisRecord((version,), {"policy": "at-once"}, "1")])
        assert asked(ledger, "m_chargino=300 m_neutralino=0")["searches"][0]["cost"]["runs"] == 0


def test_units_in_names_do_not_part_what_is_near() -> None:
    answer = Answer(
        "a1", "automatic", "released", "", "", "a", "1.0.0", "", results=({"type": "limit", "cls_obs": 0.1},)
    )
    known = [Known("q1", "p1", {"m_a_gev": 100.0}, answer)]
    assert nearest(Point("p1", {"m_a": 110}).coordinates, known)[0]["cls_obs"] == 0.1
