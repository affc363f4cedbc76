"""TeX becomes MathML or stays text, whatever it is; nothing of it becomes anything else."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.service.pages.tex import LONGEST_TEXT, with_math
from tests.service.pages.reading import Page

_SHOWN = (
    "math mrow mi mn mo mtext mspace mstyle msub msup msubsup mfrac msqrt mroot mover munder munderover mtable mtr mtd"
)
SHOWN = frozenset(_SHOWN.split())


def tags(text: str) -> set[str]:
    page = Page(str(with_math(text)))
    assert page.faults == []
    for element in page.elements:
        assert not {"href", "style", "class", "id", "src"} & {*element.attributes}
    return {it.tag for it in page.elements}


@pytest.mark.parametrize(
    "text",
    [
        r"$\tilde{\chi}_1^\pm$", r"\(H\to b\bar{b}\)", r"$$\sqrt{s}=13$$", r"\[m < 2\]", "$Z'$", r"$1\ell+2b$",
        r"$p_\mathrm{T}^\text{miss}$", r"$\mathcal{B}(\mu\to e\gamma)$", r"$139\,\mathrm{fb}^{-1}$",
    ],
)  # fmt: skip
def test_what_titles_hold_is_mathematics(text: str) -> None:
    found = with_math(f"before {text} after")
    assert found.startswith("before <math>") and found.endswith("</math> after")
    assert "$" not in found and "\\" not in found and tags(text) <= SHOWN


@pytest.mark.parametrize(
    "text",
    [
        "from $5 to $10", "$ x $", "a lonely $", r"\$x\$", "$$", r"$\ensuremath{x}$", r"$\frac{1}$", r"$\left( x$",
        "$" + "{" * 60 + "x" + "}" * 60 + "$", "$" + "x" * 401 + "$", r"$\begin{matrix} a$", r"$\unicode{x202e}$",
        r"$\def\a{\b\b}\def\b{\c\c}\def\c{xx}\a$", r"$\newcommand{\a}{\a\a}\a$", r"$\phantom{x}$", "$a\u202eb$",
        r"$\raise{9em}{x}$", r"$\llap{x}$",
    ],
)  # fmt: skip
def test_what_is_none_stays_text(text: str) -> None:
    assert tags(text) == set()
    assert "\u202e" not in with_math(text)


@pytest.mark.parametrize(
    "formula",
    [
        r"\text{<script>alert(1)</script>}", r"\href{javascript:alert(1)}{x}", r"\style{color:red}{x}", r"\class{a}{x}",
        r"\verb|<img src=x onerror=alert(1)>|", r"\tag{<b>}", r"\text{&lt;script&gt;}", r"\operatorname{<i>}",
        r"\color{red\" onload=\"alert(1)}{x}", r"\hspace{900em}x", r"\mathrm{</math><script>}", r"\text{]]><x>}",
    ],
)  # fmt: skip
def test_no_formula_makes_an_element_of_its_own(formula: str) -> None:
    assert tags(f"${formula}$") <= SHOWN
    assert "900em" not in with_math(f"${formula}$")


@given(st.text(st.sampled_from(r"\{}_^$&<>'\"abc12 " + "\u202e\u200b\n"), max_size=300))
def test_any_text_is_harmless(text: str) -> None:
    assert tags(text) <= SHOWN


def test_a_text_of_formulas_takes_its_time_and_no_more() -> None:
    commands = (r"\sqrt", r"\frac", "{", "}", "_", "^", r"\left(", r"\grave", r"\stackrel", r"\text{a}", r"\color", "x")
    chosen = random.Random(19)
    formulas = ["".join(chosen.choices(commands, k=60))[:380] for _ in range(400)]
    formulas += [(command * 400)[:400] for command in commands]
    began = time.process_time()
    tags(" ".join(f"${it}$" for it in formulas)[:LONGEST_TEXT])
    assert time.process_time() - began < 5


def test_a_text_that_is_too_long_is_not_looked_through() -> None:
    began = time.process_time()
    assert "<math" not in with_math("\\(" * 500_000) and "<math" not in with_math("$x$" * 10_000)
    assert time.process_time() - began < 5
