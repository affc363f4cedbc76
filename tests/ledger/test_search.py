"""One golden set of queries, and the same answers from every database."""

# ruff: noqa: RUF001 - letters that look like others are what is tested

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from recast.errors import InputError, NotFound
from recast.ledger import Ledger
from recast.ledger.catalogue.records import AnalysisRecord, VersionRecord
from recast.ledger.people.roles import bond
from recast.ledger.people.users import make_local_user


def record(name: str, title: str, *, status: str = "published", card: dict[str, Any] | None = None, **metadata: Any):
    """Return an analysis with one version."""
    facts = {"title": title, "collaboration": name.partition("-")[0].upper(), **metadata}
    version = VersionRecord(name, "1.0.0", f"sha256:{name}", status, "", facts)
    return AnalysisRecord((version,), card or {}, stamp=f"{name} {title}")


GOLDEN = [
    record(
        "atlas-susy-2018-31",
        "Search for bottom-squark pair production with Higgs bosons",
        references={"arxiv": "1908.03122", "inspire": 1748602},
        sqrts_tev=13,
        final_states=["0 leptons", "3 or more b-jets"],
    ),
    record(
        "atlas-susy-2019-08",
        "Search for charginos and neutralinos in ℓbb̄ + $E_T^{miss}$",
        abstract="One lepton, two b-jets, Higgs boson",
        references={"arxiv": "1909.09226"},
        sqrts_tev=13,
        card={"final_states": ["1 lepton", "b-jets"], "tools": ["pyhf"], "policy": "at-once"},
    ),
    record("cms-exo-20-004", "Search for new particles with jets (monojet)", sqrts_tev=13, models=["Z' portal"]),
    record("cms-sus-20-004", "Search for Higgsinos", sqrts_tev=8, status="deprecated"),
    record("atlas-exot-2018-dilepton", "Schrödinger's dilepton resonances; α', σ×B", sqrts_tev=13.6),
]

QUERIES: list[tuple[str, dict[str, list[str]], Sequence[str]]] = [
    ("", {}, [it.analysis for it in sorted(GOLDEN, key=lambda it: it.analysis)]),
    ("higgs", {}, ["atlas-susy-2018-31", "cms-sus-20-004", "atlas-susy-2019-08"]),
    ("HIGGS boson", {}, ["atlas-susy-2018-31", "atlas-susy-2019-08"]),
    ("susy-2018-31", {}, ["atlas-susy-2018-31"]),
    ("ATLAS-SUSY-2018-31", {}, ["atlas-susy-2018-31"]),
    ("susy201831", {}, ["atlas-susy-2018-31"]),
    ("1908.03122", {}, ["atlas-susy-2018-31"]),
    ("arXiv:1909.09226v2", {}, ["atlas-susy-2019-08"]),
    ("1748602", {}, ["atlas-susy-2018-31"]),
    ("z' portal", {}, ["cms-exo-20-004"]),
    ("schrodinger", {}, ["atlas-exot-2018-dilepton"]),
    ("Schrödinger", {}, ["atlas-exot-2018-dilepton"]),
    ("α", {}, ["atlas-exot-2018-dilepton"]),
    ("pyhf", {}, ["atlas-susy-2019-08"]),
    ("lepton", {}, ["atlas-susy-2018-31", "atlas-susy-2019-08"]),
    ("nothing of it", {}, []),
    ('" OR words:* --', {}, []),
    ("' & | ! <-> :*", {}, [it.analysis for it in sorted(GOLDEN, key=lambda it: it.analysis)]),
    ("", {"collaboration": ["CMS"]}, ["cms-exo-20-004", "cms-sus-20-004"]),
    ("", {"sqrts_tev": ["8", "13.6"]}, ["atlas-exot-2018-dilepton", "cms-sus-20-004"]),
    ("search", {"collaboration": ["ATLAS"], "final_state": ["b-jets"]}, ["atlas-susy-2019-08"]),
    ("", {"status": ["deprecated"]}, ["cms-sus-20-004"]),
    ("", {"model": ["no such"]}, []),
]


@pytest.mark.parametrize(
    ("words", "facets", "expected"), QUERIES, ids=[f"{words} {facets}" for words, facets, _ in QUERIES]
)
def test_golden(ledger: Ledger, words: str, facets: dict[str, list[str]], expected: Sequence[str]) -> None:
    ledger.catalogue.put(GOLDEN)
    found = ledger.catalogue.search(words, facets)

    assert [item["analysis"] for item in found.items] == expected
    assert found.total == len(expected)


def test_facets_count_what_was_found(ledger: Ledger) -> None:
    ledger.catalogue.put(GOLDEN)

    assert ledger.catalogue.search().facets["collaboration"] == [("ATLAS", 3), ("CMS", 2)]
    assert ledger.catalogue.search("higgs").facets == {
        "collaboration": [("ATLAS", 2), ("CMS", 1)],
        "validated": [("no", 3)],
        "final_state": [("0 leptons", 1), ("1 lepton", 1), ("3 or more b-jets", 1), ("b-jets", 1)],
        "model": [],
        "policy": [("at-once", 1)],
        "sqrts_tev": [("13", 2), ("8", 1)],
        "status": [("published", 2), ("deprecated", 1)],
        "tool": [("pyhf", 1)],
    }


def test_pages_hold_everything_once_and_in_order(ledger: Ledger) -> None:
    ledger.catalogue.put(GOLDEN)
    for words in ("", "higgs", "search"):
        whole = [item["analysis"] for item in ledger.catalogue.search(words).items]
        cursor, seen = "", list[str]()
        while True:
            page = ledger.catalogue.search(words, cursor=cursor, limit=2)
            seen += [item["analysis"] for item in page.items]
            if not (cursor := page.next):
                break
        assert seen == whole


def test_what_changes_is_found_anew(ledger: Ledger) -> None:
    ledger.catalogue.put(GOLDEN)
    assert ledger.catalogue.search("leptoquark").total == 0
    ledger.catalogue._loaded -= 2  # a second and more ago
    ledger.catalogue.put([record("cms-sus-20-004", "Search for leptoquarks"), record("lhcb-1", "Leptoquarks")])

    found = ledger.catalogue.search("leptoquark")
    assert [item["analysis"] for item in found.items] == ["cms-sus-20-004", "lhcb-1"]
    ledger.catalogue._loaded -= 2
    ledger.catalogue.remove(["lhcb-1", "never-there"])
    assert [item["analysis"] for item in ledger.catalogue.search("leptoquark").items] == ["cms-sus-20-004"]
    assert ledger.catalogue.search("higgsino").total == 0


def test_a_record_has_its_versions_and_what_a_request_needs(ledger: Ledger) -> None:
    old = VersionRecord("a-b", "1.0.0", "sha256:1", "withdrawn", "a bug", {"title": "T", "collaboration": "ATLAS"})
    new = VersionRecord("a-b", "1.1.0", "sha256:2", "published", "", {"title": "T", "collaboration": "ATLAS"})
    ledger.catalogue.put([AnalysisRecord((old, new), {"policy": "closed", "contacts": [{"name": "A"}]}, "s")])

    assert ledger.catalogue.record("a-b")["version"] == "1.1.0"
    assert [it["version"] for it in ledger.catalogue.record("a-b")["versions"]] == ["1.1.0", "1.0.0"]
    assert ledger.catalogue.version("a-b", "1.0.0")["reason"] == "a bug"
    facts = ledger.catalogue.facts("a-b")
    assert (facts.version, facts.digest, facts.collaboration) == ("1.1.0", "sha256:2", "atlas")
    assert (facts.policy, facts.has_contact) == ("closed", False), "a name on a card is nobody's account"
    with ledger.writing() as connection:
        now = "2026-01-01T00:00:00Z"
        bond(connection, "contact", make_local_user(connection, "ann", "", "test", now).id, "a-b", "test", now)
    assert ledger.catalogue.facts("a-b").has_contact
    assert ledger.catalogue.facts("a-b", "1.0.0").digest == "sha256:1"
    for unknown in (lambda: ledger.catalogue.record("x"), lambda: ledger.catalogue.version("a-b", "9.0.0")):
        with pytest.raises(NotFound):
            unknown()


@pytest.mark.parametrize("cursor", ["x", "t:", "q:name", "w"])
def test_a_cursor_that_was_not_given_out(ledger: Ledger, cursor: str) -> None:
    with pytest.raises(InputError):
        ledger.catalogue.search(cursor=cursor)
    with pytest.raises(InputError):
        ledger.catalogue.search(facets={"nothing": ["x"]})
