"""docs/explanation/trust.md: each row has its guard and its test, and the script that says so can fail."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from tests.conftest import ROOT

ROWS = """## A thing

| action | guard | test |
|---|---|---|
| parse | `recast.spec.source.parse` | `tests/hostile/test_trust_table.py::test_the_page` |
| write | never: we only read it | |
| show | never: we only read it | |
| record | never: we only read it | |
| execute | never: we only read it | |
| compare | never: we only read it | |
"""


faults = runpy.run_path(str(ROOT / "scripts/trust-table"))["faults"]


def test_the_page() -> None:
    assert faults(ROOT / "docs/explanation/trust.md") == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("::test_the_page", "::test_that_is_gone", "A thing, parse: no test tests/hostile/test_trust_table.py::"),
        ("test_trust_table.py", "test_gone.py", "A thing, parse: no test"),
        ("source.parse", "source.nothing", "A thing, parse: no function recast.spec.source.nothing"),
        ("`recast.spec.source.parse`", "somebody", "A thing, parse: no guard is named"),
        ("| show | never: we only read it | |\n", "", "A thing: nothing is said of `show`"),
        ("| show | never: we only read it | |", "| show | never | |", "A thing, show: never, but no reason"),
    ],
    ids=["test", "file", "function", "nobody", "action", "reason"],
)
def test_a_row_that_lost_something(tmp_path: Path, old: str, new: str, words: str) -> None:
    page = tmp_path / "trust.md"
    page.write_text(ROWS)
    assert faults(page) == []
    page.write_text(ROWS.replace(old, new))
    found = faults(page)
    assert found and words in found[0], found
