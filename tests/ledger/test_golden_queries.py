"""One golden set of queries, and the same answers from every database."""

from __future__ import annotations

from recast.json_types import JsonDict
from recast.ledger import Ledger
from recast.ledger.catalogue.found import Found
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
