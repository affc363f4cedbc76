"""Names and words as people spell them."""

from __future__ import annotations

import pytest

from recast.catalogue.spelling import Words, meant, normal
from recast.cli.app import run
from recast.operations.search import search
from tests.conftest import ROOT

TEXT = '["atlas-susy-2018-31", {"title": "A Z\' and a mono jet", "arxiv": "1908.03122", "inspire": 1748602}]'
SUSY, DILEPTON, MONOJET = "atlas-susy-2018-31", "atlas-exot-2018-dilepton", "cms-exo-20-004"


@pytest.mark.parametrize(
    "word",
    ["zprime", "Z'", "z\u2019", "Z-prime", "monojet", "mono-jet", "Mono Jet", "SUSY-2018-31", "atlas_susy_2018_31",
     "susy201831", "arXiv:1908.03122", "1908.03122v2", "https://arxiv.org/abs/1908.03122v1", "ins1748602", "1748602"],
)  # fmt: skip
def test_a_word_is_found_in_any_spelling(word):
    assert Words(TEXT).hold(word)


@pytest.mark.parametrize("word", ["wprime", "onojetx", "SUSY-2018-32", "1908.03123", "djet", "ins174861"])
def test_what_is_not_there_is_not_found(word):
    assert not Words(TEXT).hold(word)


def test_words_that_only_touch_are_not_one_word():
    assert not Words("limits top").hold("stop")
    assert Words("a stop quark").hold("stop")


def test_normal_keeps_words_apart():
    assert normal("  ATLAS-SUSY_2018 (Z')\n") == "atlassusy2018 zprime"


@pytest.fixture
def six(home, tmp_path_factory, monkeypatch):
    """The six searches, made into versions once for all tests."""
    monkeypatch.setenv("RECAST_SHIPPED", str(ROOT / "catalogue"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "shipped"))


def test_the_searches_are_found_by_what_people_type(six):
    for word, name in {
        "zprime": DILEPTON, "Z'": DILEPTON, "mono-jet": MONOJET, "monojet": MONOJET, "susy-2018-31": SUSY,
        "atlas_susy_2018_31": SUSY, "arXiv:1908.03122": SUSY, "1908.03122v2": SUSY, "ins1748602": SUSY,
        "dilepton high-mass": DILEPTON, "squarks gluinos": "atlas-susy-2018-22",
    }.items():  # fmt: skip
        assert name in [hit.analysis for hit in search([word])], word


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("SUSY-2018-31", SUSY), ("ATLAS_SUSY_2018_31", SUSY), ("1908.03122v2", SUSY), ("ins1748602", SUSY),
        ("atlas-susy-2018-13", SUSY), ("atlas-exot-2018-dilept", DILEPTON), ("EXO-20-004", MONOJET),
        ("susy-2018-10", "atlas-susy-2018-10"),
    ],
)  # fmt: skip
def test_a_wrong_name_is_answered_with_the_one_that_was_meant(six, capsys, name, guess):
    assert run(["catalogue", "show", name]) == 6
    told = capsys.readouterr().err
    assert "Did you mean" in told
    assert guess in told


@pytest.mark.parametrize(
    "command", [["run"], ["plan"], ["show", "inputs"], ["validate"], ["scan"], ["catalogue", "get"]]
)
def test_every_command_that_takes_an_analysis_does_so(six, capsys, command):
    assert run([*command, "susy-2018-31"]) == 6
    assert f"Did you mean {SUSY}?" in capsys.readouterr().err


def test_nothing_is_guessed_where_nothing_is_alike():
    assert meant("beer", {SUSY: "", DILEPTON: ""}) == []
    assert meant("20", {SUSY: "2020", DILEPTON: ""}) == []
