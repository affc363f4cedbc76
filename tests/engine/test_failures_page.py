"""The page on failures tells the table that is in force."""

from __future__ import annotations

from recast.jobs import RULES
from tests.conftest import ROOT


def test_the_page_tells_the_table() -> None:
    text = (ROOT / "docs/reference/failures.md").read_text()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    told = {row[0]: row[2:] for row in rows[2:]}
    assert told == {
        str(failure): [
            str(rule.action),
            str(rule.tries),
            f"{rule.wait_s:g} s" if rule.wait_s else "",
            "yes" if rule.elsewhere else "",
        ]
        for failure, rule in RULES.items()
    }
