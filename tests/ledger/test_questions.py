"""One golden set of queries, and the same answers from every database."""

from __future__ import annotations

from recast.json_types import JsonDict
from recast.ledger import Ledger
from recast.ledger.catalogue.found import Found
from recast.ledger.catalogue.records import AnalysisRecord, VersionRecord
from tests.search.golden import QUERIES, catalogue


def test_golden_queries(ledger: Ledger) -> None:
    ledger.catalogue.put(catalogue())
    wrong = [f"{query['q']!r}: {told}" for query in QUERIES if (told := _difference(ledger, query))]
    assert not wrong, "\n".join(wrong)


def _difference(ledger: Ledger, query: JsonDict) -> str:
    found = ledger.catalogue.search(query["q"])
    expected = {"instead": "", "notes": [], **query}
    del expected["q"]
    said = {**_said(found), "meant": list(found.meant)}
    return "" if {key: said[key] for key in expected} == expected else str(said)


def _said(found: Found) -> JsonDict:
    names = [item["analysis"] for item in found.items]
    assert found.total == len(names)
    return {"found": names, "instead": found.instead, "notes": list(found.notes)}


HOSTILE = ("\0", "a\0b", "\ud800", "\u202e" * 5000, '"' * 10_000, "word " * 1000, "a:b:c:" * 2000, "'" * 99,
           "\\" * 10_000, "NEAR(a, b) OR c* AND NOT d", "names : x", "* * *", "<-> <2> :* & | !", "%s %(x)s ? :x {0}",
           "10.1/" * 2000,
           "zzzzzzzz " * 100, "超" * 5000, "é" * 9999, "a_b __ _c", ":model:x", "x" * 10_000)  # fmt: skip


def test_no_question_breaks_a_database(ledger: Ledger) -> None:
    ledger.catalogue.put(catalogue())
    for text in HOSTILE:
        for question in (text, f'"{text}"', f"model:{text}", f'title:"{text}"'):
            found = ledger.catalogue.search(question)
            assert found.total <= len(catalogue()), text[:20]


def test_what_finds_little_is_asked_about(ledger: Ledger) -> None:
    about = [("a-1", "stop"), ("a-2", "step"), ("a-3", "step one"), ("a-4", "step two"), ("a-5", "other")]
    versions = [VersionRecord(name, "1.0.0", name, "published", "", {"title": title}) for name, title in about]
    ledger.catalogue.put([AnalysisRecord((it,), {}, it.analysis) for it in versions])

    assert ledger.catalogue.search("stop").meant == ("step",)
    assert ledger.catalogue.search("step").meant == () and ledger.catalogue.search("oth").meant == ()
    assert ledger.catalogue.search("stop", {"status": ["deprecated"]}).total == 0


def test_what_is_learnt_is_known_from_then_on(ledger: Ledger) -> None:
    ledger.catalogue.put(catalogue())
    assert ledger.catalogue.search("leptoquakr").instead == ""
    version = VersionRecord("a-1", "1.0.0", "a", "published", "", {"title": "Leptoquarks"})
    ledger.catalogue.put([AnalysisRecord((version,), {}, "s")])
    ledger.catalogue._loaded -= 2
    ledger.catalogue._words._read_at -= 20
    assert ledger.catalogue.search("leptoquakr").instead == "leptoquark"
    ledger.catalogue.put([AnalysisRecord((version,), {}, "s")])  # the words are known already
