"""The nearest words: by hand for those that matter, and against the definition for all others."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.search import Known, corrections, neighbours, read_question
from recast.search.near import apart, tolerance


@pytest.mark.parametrize(
    ("one", "other", "letters"),
    [
        ("higgs", "higgs", 0),
        ("higsino", "higgsino", 1),
        ("sqaurk", "squark", 1),
        ("nutralno", "neutralino", 2),
        ("gluino", "squark", 3),
        ("", "ab", 2),
    ],
)
def test_how_far_words_are_apart(one: str, other: str, letters: int) -> None:
    assert apart(one, other, 2) == letters


@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_the_distance_is_that_of_its_definition(one: str, other: str) -> None:
    whole = _by_definition(one, other)
    for most in (0, 1, 2, 3):
        assert apart(one, other, most) == min(whole, most + 1)


def _by_definition(one: str, other: str) -> int:
    """Return the distance by its recursion."""
    if not one or not other:
        return len(one) + len(other)
    found = [
        _by_definition(one[:-1], other) + 1,
        _by_definition(one, other[:-1]) + 1,
        _by_definition(one[:-1], other[:-1]) + (one[-1] != other[-1]),
    ]
    if one[-2:] == other[-2:][::-1] and len(one) > 1 and len(other) > 1:
        found.append(_by_definition(one[:-2], other[:-2]) + 1)
    return min(found)


def test_short_words_are_meant_as_they_are() -> None:
    assert [tolerance("x" * length) for length in (1, 3, 4, 7, 8, 60)] == [0, 0, 1, 1, 2, 2]
    assert Known(["met", "meta"]).nearest("mot") == ()


def test_the_nearest_come_first_and_always_in_one_order() -> None:
    words = ["squarks", "squark", "square", "aquark"]
    for order in (words, words[::-1]):
        assert Known(order).nearest("squrak", 9) == ("squark",)
        assert Known(order).nearest("quark", 9) == ("aquark", "squark")


def test_many_words_take_no_time() -> None:
    letters = "abcdefghij"
    known = Known(
        f"{a}{b}{c}{d}{e}xyz" for a in letters for b in letters for c in letters for d in letters for e in letters
    )
    start = time.process_time()
    assert known.nearest("abcdexyq")
    assert time.process_time() - start < 3


def test_a_question_keeps_all_that_was_right() -> None:
    known = Known(["higgsino", "neutralino", "missing", "transverse", "momentum"])
    question = read_question('collaboration:CMS sqrts:13 higsino "misssing transverse" 1909.09226 met')
    (corrected,) = corrections(question, Known([*_words(known), "cms"]))
    assert corrected.text == 'collaboration:CMS sqrts:13 higgsino "missing transverse" 1909.09226 met'
    assert corrections(read_question("higgsino"), known) == [] and corrections(read_question("qqqqqqqq"), known) == []
    assert [it.text for it in neighbours(read_question("neutralina"), known)] == ["neutralino"]


def _words(known: Known) -> list[str]:
    return list(known._words)
