"""The summary for a merge request: what is in it, how long it is, and that no stranger writes Markdown in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from recast.ci.report.markdown import block, code, prose
from recast.ci.report.summary import MOST_ROWS, SUMMARY_BYTES, summary
from tests.ci.report.documents import EVIL, compared, report

READER = MarkdownIt("commonmark", {"html": True}).enable("table")


def tokens(text: str) -> list[Token]:
    found = READER.parse(text)
    return [inner for token in found for inner in (token, *(token.children or ()))]


def kinds(text: str) -> set[str]:
    return {token.type for token in tokens(text)}


def test_what_a_physicist_wants_to_see() -> None:
    comparison = compared()
    text = summary(report(comparison), comparison, [("plots/a.svg", "cutflow")])
    assert text.startswith("### `a-1 1.0.0`: moved\n\nSR: ")
    assert "events lost after met" in text
    assert "the same events in both (paired)" in text
    assert "| `demo/cutflow/SR/met` |" in text and "**moved**" in text
    assert "| 400 |" in text  # the published value
    assert "![cutflow](plots/a.svg)" in text
    assert "`rate`, `fit` ran again (3 jobs, 9 from the cache)" in text
    assert "- built: `a/fit:1`" in text
    assert "recast ci run . --commit c" in text
    assert "**tests** failed: 1 of 2 failed" in text and "**run** blocked" in text
    assert "test `slow` error: `it did not end`" in text and "`fit` cached" not in text


def test_the_largest_change_comes_first_in_at_most_fifteen_rows() -> None:
    comparison = compared(paired=False, seed=5, met=0.1)
    moved = {**comparison["quantities"][0], "verdict": "moved", "tolerance": 0.1}
    extra = [{**moved, "pointer": f"demo/q{i}", "delta": 1.0 + i, "ratio": None} for i in range(30)]
    comparison["quantities"] += extra
    text = summary(report(comparison), comparison)
    rows = re.findall(r"^\| `(demo/[^`]*)`", text, re.MULTILINE)
    assert len(rows) == MOST_ROWS
    assert rows[0] == "demo/q29"
    assert "more quantities in `index.html`" in text


def test_unstable_quantities_are_never_hidden() -> None:
    comparison = compared()
    sample = comparison["quantities"][0]
    comparison["quantities"] = [
        *({**sample, "pointer": f"demo/m{i}", "verdict": "moved", "delta": 1.0, "tolerance": 0.1} for i in range(20)),
        {**sample, "pointer": "demo/shaky", "verdict": "unstable"},
    ]
    assert "unstable as well (two runs of the reference differ): `demo/shaky`" in summary(
        report(comparison), comparison
    )


def test_which_commit_moved_it_first() -> None:
    comparison = compared()
    found = report(comparison, moved_first={"demo/cutflow/SR/met": "ab" * 20})
    assert "- `demo/cutflow/SR/met` moved first in `abababababab`" in summary(found, comparison)


def test_without_a_comparison_it_is_short() -> None:
    text = summary(report(None, phases=[], tests=[], runs=[], images=[], word="nothing-to-do"), None)
    assert "| quantity |" not in text and "nothing-to-do" in text


def test_it_never_has_more_than_60_kilobytes() -> None:
    comparison = compared()
    tests = [{"name": "n" * 5000, "outcome": "failed", "message": "ü" * 50_000} for _ in range(400)]
    long = [{"name": "p" * 3000, "word": "failed", "detail": "d" * 9000} for _ in range(500)]
    rows = [{**row, "pointer": row["pointer"] + "x" * 4000, "verdict": "moved"} for row in comparison["quantities"]]
    text = summary(
        report(comparison, tests=tests, phases=long, reproduce="r" * 10**6), {**comparison, "quantities": rows}
    )
    assert len(text.encode()) <= SUMMARY_BYTES
    huge = report(comparison, runs=[{"name": "é" * 900, "stages": ["ß" * 900] * 50}] * 900)
    cut = summary(huge, comparison)
    assert len(cut.encode()) <= SUMMARY_BYTES and cut.endswith("`index.html` has all of it.\n")


def test_strangers_write_no_markdown() -> None:
    comparison = compared()
    for row in comparison["quantities"]:
        row |= {"pointer": f"demo/{EVIL}", "why": EVIL, "unit": EVIL, "verdict": "moved"}
        row["after"] = {"value": None, "error": None, "raw": None, "text": EVIL}
    evil = {
        "name": EVIL,
        "word": "failed",
        "outcome": "failed",
        "detail": EVIL,
        "message": EVIL,
        "stages": [EVIL],
        "built": True,
    }
    text = summary(
        report(comparison, sentence=EVIL, analysis=EVIL, phases=[evil], tests=[evil], runs=[evil], images=[evil],
               reproduce=EVIL + "\n```\n# heading", commit=EVIL, moved_first={f"demo/{EVIL}": EVIL}),
        comparison, [("plots/a.svg", EVIL)],
    )  # fmt: skip
    assert not kinds(text) & {"html_inline", "html_block", "link_open", "hr"}
    assert sum(token.type == "heading_open" for token in tokens(text)) == 1
    assert sum(token.type == "image" for token in tokens(text)) == 1
    assert sum(token.type == "fence" for token in tokens(text)) == 1
    columns = {len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("| ")}
    assert columns == {8}
    plain = [token.content for token in tokens(text) if token.type == "text"]
    assert not any(re.search(r"@everyone|#1|http:", words) for words in plain)
    outside = text[: text.index("Reproduce it with")]  # forges take no action from a block of code
    assert not re.search(r"^/merge", outside, re.MULTILINE)


@settings(max_examples=300)
@given(text=st.text(max_size=80))
def test_prose_is_words_only(text: str) -> None:
    made = prose(text)
    assert kinds(f"{made}\n") <= {"paragraph_open", "paragraph_close", "inline", "text"}
    assert "\n" not in made


@settings(max_examples=300)
@given(text=st.text(st.sampled_from("`|\\ a\n*<"), max_size=30))
def test_code_is_one_span(text: str) -> None:
    made = [token for token in tokens(f"x {code(text)} y\n") if token.type == "code_inline"]
    assert len(made) == 1
    wanted = " ".join(text.split())
    assert made[0].content.strip() == wanted.strip()
    row = tokens(f"| a | b |\n|---|---|\n| {code(text, in_table=True)} | c |\n")
    assert sum(token.type == "td_open" for token in row) == 2


@pytest.mark.parametrize("text", ["a", "```", "~~~\n````\nb", ""])
def test_a_block_holds_any_text(text: str) -> None:
    (fence,) = [token for token in tokens(block(text)) if token.type == "fence"]
    assert fence.content.rstrip("\n") == text.rstrip("\n")


_CELL = re.compile(r"""(?:\\[|!"#$%&'()*+,./:;<=>?@\[\\\]^_`{}~-]|[^|\r\n])+""")
"""A cell as cmark-gfm and comrak read it: a backslash takes the next sign along, also another backslash."""


@pytest.mark.parametrize("name", ["a\\|b", "a\\\\|<img src=x>", "\\|", "x|\\"])
def test_a_backslash_before_a_bar_does_not_end_the_cell(name: str) -> None:
    # GitHub and GitLab read `\\|` as a backslash and the end of the cell; markdown-it does not.
    line = f"| {code(name, in_table=True)} | next |"
    assert len([cell for cell in _CELL.findall(line) if cell.strip()]) == 2, line


@pytest.mark.parametrize("text", ["see smb://host/x", "irc://a/b", "www.x.org", "mailto:a@b.c", "xmpp://x"])
def test_no_address_becomes_a_link(text: str) -> None:
    assert not re.search(r"\w://|www\.|mailto:", prose(text))
