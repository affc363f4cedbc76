"""The pages of the rules: their heads are those of the table, their examples do what they say."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from recast.pages import pages_folder
from recast.spec.lint.judge import judge
from recast.spec.rulebook import RULES
from recast.spec.rulebook.pages import EXAMPLES, head, index

FENCE = re.compile(r"^```(?P<kind>yaml|sh)(?: (?P<name>\S+))?\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


def page(code):
    return (pages_folder("rules") / f"{code}.md").read_text(encoding="utf-8")


def codes(example: str, folder: Path) -> set[str]:
    """Write the files of an example, and return the codes that the linter finds."""
    for found in FENCE.finditer(example):
        if found["kind"] == "sh":
            subprocess.run(["sh", "-e", "-c", found["text"]], cwd=folder, check=True)
        else:
            (folder / (found["name"] or "workflow.yml")).write_text(found["text"], encoding="utf-8")
    return {finding.code for finding in judge(folder / "workflow.yml", [folder], lint=True).findings}


def test_each_rule_has_a_page_and_each_page_a_rule():
    assert {path.stem for path in pages_folder("rules").glob("*.md")} == {"index", *RULES}


def test_the_index_is_that_of_the_table():
    assert page("index") == index(list(RULES.values())), "type: scripts/rule-pages"


@pytest.mark.parametrize("code", RULES)
def test_the_head_of_a_page_is_that_of_the_table(code):
    text = page(code)
    assert text[: text.index(EXAMPLES)] == head(RULES[code]), "type: scripts/rule-pages"


@pytest.mark.parametrize("code", RULES)
def test_the_bad_example_yields_just_this_code_and_the_good_one_none(code, tmp_path):
    bad, good = page(code).split(EXAMPLES)[1].split("## Good")
    for name, example in (("bad", bad), ("good", good)):
        (tmp_path / name).mkdir()
        assert codes(example, tmp_path / name) == ({code} if name == "bad" else set())


def test_every_code_that_the_spec_room_can_give_is_in_the_table():
    folder = Path(judge.__code__.co_filename).parent
    sources = [path.read_text() for path in folder.rglob("*.py")]
    named = {found for text in sources for found in re.findall(r'"spec\.([a-z-]+)"', text)}
    named |= {
        found for text in sources for found in re.findall(r'(?:found|fault)\(\s*(?:[\w.()"]+, )?"([a-z-]+)"', text)
    }
    elsewhere = {
        "missing",
        "not-found",
        "symlink",
        "invalid",
        "language",
    }  # errors of commands, not findings on a workflow
    assert {f"spec.{slug}" for slug in named - elsewhere} <= RULES.keys()
