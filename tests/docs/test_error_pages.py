"""The pages of error codes: one for each code of the code, with its exit codes, and with examples of what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from recast.pages import ErrorPage, error_pages, pages_folder
from recast.spec.rulebook import RULES
from tests.docs.error_codes import codes_of_errors, error_index

CODES = codes_of_errors()
PARTS = ("## When it comes up", "## What to do", "## Example")
WITHOUT_EXAMPLE = {"error", "permission"}
"""Codes of classes from which others are made, and which nothing raises itself."""


def text_of(code: str) -> str:
    return (pages_folder("errors") / f"{code}.md").read_text(encoding="utf-8")


def test_each_code_has_a_page_and_each_page_a_code() -> None:
    assert {page.stem for page in pages_folder("errors").glob("*.md")} == {"index", *CODES}
    assert not CODES.keys() & RULES.keys()


def test_codes_are_found_in_each_form_in_which_they_are_written() -> None:
    forms = {
        "a class": "run.locked", "a keyword": "store.full", "a helper's argument": "spec.zip-length",
        "one of two": "entry.test", "a layer's fault": "image.bomb", "a finding": "entry.result",
    }  # fmt: skip
    assert set(forms.values()) <= CODES.keys()


def test_the_index_is_that_of_the_pages() -> None:
    assert text_of("index") == error_index(), "type: scripts/error-pages"


def test_pages_say_what_the_code_says() -> None:
    assert {page.code: found for page in error_pages() if (found := list(faults_of(page)))} == {}


def faults_of(page: ErrorPage) -> Iterator[str]:
    code, text = CODES[page.code], text_of(page.code)
    if page.exit_code != " or ".join(map(str, sorted(code.exit_codes))):
        yield f"exit codes are {code.exit_codes}"
    wanted = PARTS[:2] if page.code in WITHOUT_EXAMPLE else PARTS
    if tuple(re.findall("^## .*", text, re.MULTILINE)) != wanted:
        yield f"parts are not {wanted}"
    said = re.search(rf"^error \[{re.escape(page.code)}\] (.*)$", text, re.MULTILINE)
    patterns = [it for it in code.says if it is not None]
    if said is not None and patterns and None not in code.says and not any(it.fullmatch(said[1]) for it in patterns):
        yield f"the example is {said[1]!r}, an error says {' or '.join(it.pattern for it in patterns)}"


def test_an_example_that_no_error_says_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    page = next(page for page in error_pages() if page.code == "run.locked")
    assert list(faults_of(page)) == []
    monkeypatch.setattr(CODES["run.locked"], "says", [re.compile("Someone else drives it")])
    monkeypatch.setattr(CODES["run.locked"], "exit_codes", {4, 5})
    assert len(list(faults_of(page))) == 2
