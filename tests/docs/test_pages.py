"""What `make docs` would refuse, found in seconds: titles, links, pages that no table of contents has."""

from __future__ import annotations

import re
from collections import Counter

from tests.conftest import ROOT
from tests.docs.pages import DOCS, MADE, anchors, broken, listed, name_of, pages, titles

OF_CODES = ("reference/errors/", "reference/rules/")
"""Their pages are reached by their index."""


def test_each_page_has_one_title() -> None:
    assert {str(page): found for page in pages() if len(found := titles(page)) != 1} == {}


def test_every_relative_link_leads_to_a_file_and_to_a_heading_of_it() -> None:
    assert {str(page): found for page in pages() if (found := list(broken(page)))} == {}


def test_each_page_stands_in_one_table_of_contents() -> None:
    names = {name_of(page) for page in pages() if DOCS in page.parents} - {"index"}
    wanted = {name for name in names if not (name.startswith(OF_CODES) and not name.endswith("/index"))}
    counts = Counter(name for name in listed() if DOCS / f"{name}.md" not in MADE.glob("*.md") or name in wanted)
    assert counts == dict.fromkeys(wanted, 1), "name the page in the index.md of its folder"


def test_a_broken_link_is_found(tmp_path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A `b`: c\n\n[a](page.md#a-b-c) [b](gone.md) [c](#nowhere) `[d](code.md)`\n\n```\n[e](e.md)\n```\n"
    )
    assert anchors(page) == {"a-b-c"}
    assert list(broken(page)) == ["gone.md", "#nowhere"]


def test_every_variable_that_is_read_is_documented() -> None:
    page = (DOCS / "reference/environment-variables.md").read_text()
    read = {
        name
        for path in (ROOT / "recast").rglob("*.py")
        for name in re.findall(r"\bRECAST_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8"))
        if not re.match(r"RECAST_(ARC|HTCONDOR|PANDA|RUN|SLURM|USER)_", name)
    }
    assert {name for name in read if f"`{name}`" not in page} == set()
    assert re.findall(r"`(RECAST_[A-Z_]*[A-Z])`", page), "and names them in backticks"
