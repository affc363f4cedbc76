"""Inputs that can be judged without a container are judged before there is a run: exit 3, nothing created, a hint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Answer, Recast
from tests.inputs.conftest import Published

GOOD = "BLOCK MASS\n 1000021 2000.\n 1000022 100.\nDECAY 1000021 1.0\n 1.0 3 1000022 1 -1\n"
APPLIES: dict[str, Any] = {
    "files": {"slha": "slha"},
    "particles": {"gluino": [1000021], "lsp": [1000022], "quark": [1, 2, 3, 4, 5]},
    "topologies": [
        {
            "name": "T1", "title": "gluino pair", "produces": ["gluino", "gluino"],
            "decays": ["gluino -> quark quark lsp"], "ends": "lsp",
        }
    ],
}  # fmt: skip
CHECKS = [{"given": "lhe", "only_with": {"mass": [800]}}]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


def nothing_was_made(home: Path) -> bool:
    return not list((home / "runs").glob("*")) if (home / "runs").exists() else True


def refused(answer: Answer, *words: str) -> None:
    assert answer.code == 3, answer.err
    assert "Traceback" not in answer.err
    for word in words:
        assert word in answer.err, answer.err


def test_no_run_of_what_can_be_known_to_fail(recast: Recast, files_1: Published, here: Path, home: Path) -> None:
    (files_1.spec / "files/example.slha").write_text(GOOD)
    assert files_1.publish(applies=APPLIES, checks=CHECKS).code == 0
    cases = {
        "BLOCK MINPAR\n 1 2\n": "no BLOCK MASS",
        GOOD.replace("DECAY 1000021 1.0", "DECAY 1000021 1e-17"): "flies",
        "<LesHouchesEvents>\n": "is an LHE file; an SLHA spectrum is required",
    }
    for text, words in cases.items():
        (here / "my.slha").write_text(text)
        answer = recast("run", "files-1", "-p", "slha=@my.slha", cwd=here)
        refused(answer, words, "inputs /slha", "recast which my.slha")
        assert nothing_was_made(home)
    (here / "my.slha").write_text(GOOD)
    (here / "a.lhe").write_text("<event/>\n")
    both = ("-p", "slha=@my.slha", "-p", "lhe=[a.lhe]")
    refused(recast("plan", "files-1", *both, cwd=here), "lhe is given, and mass is 500", "It goes with mass=800 only")
    assert nothing_was_made(home)
    assert recast("plan", "files-1", *both, "-p", "mass=800", cwd=here).code == 0


def test_which_asks_what_is_published(recast: Recast, files_1: Published, here: Path) -> None:
    (files_1.spec / "files/example.slha").write_text(GOOD)
    (here / "my.slha").write_text(GOOD)
    assert recast("which", "my.slha", cwd=here).code == 6  # nothing is published
    assert files_1.publish(applies=APPLIES).code == 0
    answer = recast("which", "my.slha", cwd=here)
    assert (answer.code, "recast run files-1 -p slha=@my.slha" in answer.out) == (0, True), answer
    (here / "my.slha").write_text(GOOD.replace("2000.", "20000."))
    answer = recast("which", "my.slha", "-o", "json", cwd=here)
    assert (answer.code, answer.json["covered"]) == (6, 0)
    assert answer.json["searches"][0]["why"] == "gluino (1000021) is heavier than 5 TeV"
    assert "None of the 1 searches here covers this model" in answer.err


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("applies", {**APPLIES, "topology": []}, "unknown key 'topology', did you mean 'topologies'?"),
        ("applies", {**APPLIES, "files": {"slha": "mass"}}, "the schema has no file 'mass'"),
        ("checks", [{"any_of": ["slah"]}], "the schema has no input 'slah'"),
        ("checks", [{"known": "lhe", "in": "files/none.csv"}], "the bundle has no file 'files/none.csv'"),
        ("checks", [{"with": {"mass": [500]}, "needs": ["lhe"]}], "example demo does not satisfy them"),
    ],
)
def test_a_wrong_declaration_is_named_by_its_line(
    recast: Recast, files_1: Published, key: str, value: Any, words: str
) -> None:
    answer = files_1.publish(**{key: value})
    refused(answer, words, "files-1.yml:", f"/versions/0/{key}")
