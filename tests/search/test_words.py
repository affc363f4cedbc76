"""Texts as words: one spelling for all that is written alike, bounded, and nothing that a database stumbles over."""

# ruff: noqa: RUF001 - letters that look like others are what is tested

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.search import Terms, read_question, spelled, terms_of
from recast.search.fold import folded, folded_words
from recast.search.numbers import all_numbers, number_in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Z′→ℓℓ at 13.6 TeV, 8TeV", ["zprime", "ll", "at", "13.6", "tev", "8", "tev"]),
        (r"$\tilde{\chi}_1^\pm$ and $Z^{\prime}$", ["chi", "1", "and", "zprime"]),
        (r"\varepsilon \Lambda_b \mathrm{fb}^{-1} \ell", ["epsilon", "lambda", "b", "fb", "1", "l"]),
        ("χ̃⁰₁ Δφ µ Ω", ["chi", "01", "delta", "phi", "mu", "omega"]),
        ("Schrödinger's naïve ﬁt, ŁÓDŹ, Straße", ["schrodinger", "s", "naive", "fit", "lodz", "strasse"]),
        ("Αναζήτηση поиск البَحث", ["αναζητηση", "поиск", "البحث"]),
        ("超対称 ก", ["超", "対", "称", "ก"]),
        ("a\u202eb\u200bc\x00d", ["abc", "d"]),
        ("\ud800x", ["x"]),
    ],
)
def test_texts_as_words(text: str, words: list[str]) -> None:
    assert folded_words(folded(text)) == words


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("arxiv:2106.01676v2", "2106.01676"),
        ("https://arxiv.org/abs/hep-ph/0601001", "hepph0601001"),
        ("math.GT/0309136".lower(), "mathgt0309136"),
        ("atlas-susy-2018-32", "atlassusy201832"),
        ("cms-pas-sus-20-004", "cmspassus20004"),
        ("doi.org/10.48550/arxiv.2106.01676", "2106.01676"),
        ("10.17182/hepdata.90607.v1/t1", "10.17182hepdata90607"),
        ("inspirehep.net/record/1748602", "ins1748602"),
        ("13.6 tev", ""),
        ("1.0.0", ""),
        ("b-jets-and-30-gev", ""),
        ("12106.016761", ""),
    ],
)
def test_numbers_of_papers(text: str, number: str) -> None:
    assert number_in(text) == number


def test_a_report_is_found_without_its_first_parts() -> None:
    assert all_numbers("cms-pas-sus-20-004") == ["cmspassus20004", "passus20004", "sus20004"]


def _deep(levels: int) -> object:
    return [_deep(levels - 1)] if levels else "below"


def test_what_is_long_is_cut() -> None:
    found = terms_of("a-1", "t", {}, [" ".join(f"w{number}" for number in range(20_000)), {"deep": _deep(50)}], {})
    assert len(found.words) < 10_100
    assert max(map(len, terms_of("a-1", "b" * 1000, {}, [], {}).words)) == 64
    assert terms_of("a-1", "", {"inspire": 10**400}, [10**400, float("nan"), True, None], {}).names[0] == "a"
    assert spelled(["met", "higgs", "x1ab", "_higgs_boson", ":model:stop", "a" * 40, "mass", "jets", "bosons"]) == {
        "higgs", "mass", "jets", "bosons", "boson",
    }  # fmt: skip


def test_a_question_is_bounded() -> None:
    for text in ('"' * 10_000, "a " * 1000, 'a:"b" ' * 2000, "a-1" * 4000, "\\" * 10_000, "10.1/" * 3000, "超" * 5000):
        assert len(read_question(text).wanted()) <= 17


_TERM = re.compile(r"(?:_{0}_)?{0}|:[a-z_]+:{0}".replace("{0}", r"[^\W_]+(?:\.[0-9]+)*"))


@given(st.text(st.characters(), max_size=80))
def test_no_text_makes_a_word_that_a_database_reads_otherwise(text: str) -> None:
    found: Terms = terms_of(text, text, {"arxiv": text}, [text, {text: text}], {"model": [text]})
    asked = [it.word for it in (*read_question(text).wanted(), *read_question(f'model:"{text}').wanted())]
    for word in (*found.names, *found.words, *asked):
        assert _TERM.fullmatch(word), word
        assert word.encode()
