"""`recast help`: pages of errors and rules by their codes, from the documentation that travels with the package."""

from __future__ import annotations

import re

import pytest

from recast.cli.page import for_terminal
from recast.pages import codes, page_text
from recast.spec.rulebook import RULES


def test_a_page_is_printed_as_it_is_for_programs(recast) -> None:
    said = recast("help", "store.damaged")
    assert (said.code, said.out) == (0, page_text("store.damaged"))


@pytest.mark.parametrize("given", ["spec.cycle", "cycle", "[spec.cycle]"])
def test_rules_have_one_page_for_help_and_for_lint(recast, given) -> None:
    assert recast("help", given).out == recast("spec", "lint", "--explain", "cycle").out


def test_without_a_code_all_are_listed(recast) -> None:
    listed = recast("help", "-o", "json").json
    assert [row["code"] for row in listed] == sorted(codes())
    assert {row["code"]: row["exit_code"] for row in listed}["inputs.invalid"] == "3"
    assert RULES.keys() <= codes().keys()


@pytest.mark.parametrize(
    ("given", "near"), [("cycel", "spec.cycle"), ("store.damage", "store.damaged"), ("locked", "run.locked")]
)
def test_an_unknown_code_leads_to_the_nearest(recast, given, near) -> None:
    said = recast("help", given)
    assert said.code == 6
    assert f"recast help {near} " in said.err


def test_a_command_is_no_code(recast) -> None:
    said = recast("help", "run")
    assert (said.code, "recast run --help" in said.err) == (6, True)


def test_a_terminal_gets_every_word_of_every_page() -> None:
    for code in codes():
        text = page_text(code)
        shown = for_terminal(text, colour=False, width=60)
        assert not re.search(r"\x1b|```|\*\*", shown), code
        said = re.sub(r"^```.*$|\]\([^)]*\)", "", text, flags=re.MULTILINE)
        assert re.findall(r"\w+", shown) == re.findall(r"\w+", said), code
        prose = [line for line in shown.splitlines() if not line.startswith("    ")]
        assert all(len(line) <= 60 for line in prose if " " in line), code


def test_headings_are_bold_on_a_terminal() -> None:
    assert for_terminal("# run.locked\n\n**Another\nprocess.** Exit code 4.\n") == (
        "\x1b[1mrun.locked\x1b[0m\n\n\x1b[1mAnother process.\x1b[0m Exit code 4.\n"
    )
