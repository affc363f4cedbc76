"""`recast spec diff`: what a new version changes, said by section."""

from __future__ import annotations

import pytest
from catalogue_parts import BUSYBOX_WORKFLOW, busybox_entry


@pytest.fixture
def two(author):
    author.ok("publish", author.checkout.entry)
    spec = author.checkout.spec
    (spec / "workflow.yml").write_text(
        BUSYBOX_WORKFLOW.replace("wc -l", "wc -c").replace("recast/other", "recast/busybox")
    )
    (spec / "files" / "table.txt").write_text("4 5 6\n")
    (spec / "files" / "new.txt").write_text("new\n")
    results = [{"name": "count", "type": "file", "stage": "again", "output": "lines"}]
    author.checkout.write_entry(busybox_entry({"/versions/0/version": "1.1.0", "/versions/0/results": results}))
    author.ok("publish", author.checkout.entry)
    return author


def test_every_section_tells_its_changes(two):
    document = two.ok("spec", "diff", "tiny-1@1.0.0", "tiny-1@1.1.0")
    assert not document["equal"]
    changed = {section: [row["where"] for row in rows] for section, rows in document.items() if isinstance(rows, list)}
    assert any(where.startswith("/again") and "process" in where for where in changed["stages"])
    assert changed["images"] == ["recast/other:1"]
    assert changed["results"] == ["lines", "count"]
    assert changed["files"] == ["files/table.txt", "workflow.yml", "files/new.txt"]
    assert changed["inputs"] == changed["init"] == changed["examples"] == []


def test_in_words_and_as_an_exit_code(two):
    page = two("spec", "diff", "tiny-1@1.0.0", "tiny-1@1.1.0", "--exit-code")
    assert page.code == 1
    assert "wc -l {text}" in page.out
    lines = [line.strip() for line in page.out.splitlines()]
    assert lines[lines.index("files/table.txt:") + 1 :][:3] == ["@@ -1 +1 @@", "-1 2 3", "+4 5 6"]
    assert two("catalogue", "diff", "tiny-1@1.0.0", "tiny-1@1.1.0").out == page.out
    assert "files/new.txt: nothing -> sha256:" in page.out
    same = two("spec", "diff", "tiny-1@1.0.0", "tiny-1@1.0.0", "--exit-code")
    assert (same.code, "equal" in same.out) == (0, True)
    assert two("spec", "diff", "tiny-1@1.0.0", "tiny-1@3.0.0").code == 6


def test_show_takes_a_version_too(two):
    assert two.ok("show", "tiny-1@1.0.0")["version"] == "1.0.0"
