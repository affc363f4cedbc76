"""The one spelling of a text: without case, accents and invisible characters, with the names of Greek letters.

Whoever changes a rule here changes it for the static copy, too (docs/reference/pages.md), and gives the index another
form (`recast.ledger.catalogue.reading`).
"""

# ruff: noqa: RUF001 - letters that look like others are the matter of this module

from __future__ import annotations

import re
import unicodedata

__all__ = ["GREEK", "LONGEST_WORD", "folded", "folded_words", "is_unspaced"]

LONGEST_WORD = 64

_LETTERS = "αβγδεζηθικλμνξοπρστυφχψω"
_NAMED = """
alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu
nu xi omicron pi rho sigma tau upsilon phi chi psi omega
"""
GREEK = dict(zip(_LETTERS, _NAMED.split(), strict=True))
"""The names of Greek letters: what is written `χ` or `\\chi` is found by `chi`."""

_NAMES = frozenset(GREEK.values())
_ALIKE = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ł": "l", "ı": "i", "þ": "th", "ς": "σ"}
)
"""Letters that decomposition leaves whole."""

_TEX = re.compile(r"\\([a-z]+)")
_TEX_WORDS = {"ell": " l ", "prime": "'"}
_PRIME = re.compile(r"(?<![^\W_])([a-z])[\^{]*['’′]+")
_WRITTEN_PRIME = re.compile(r"(?<![^\W_])([wz])[ -]prime(?![^\W_])")
_GREEK_LETTERS = re.compile("(?<![α-ω])[α-ω]{1,2}(?![α-ω])")
"""One or two; more are a word of the language."""

_UNIT = re.compile(r"([0-9])(?=(?:[kmgt]ev|[fp]b)(?![^\W_]))")
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
"""Letters of scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, kana, Han. Each is a word."""

_WORD = re.compile(rf"[0-9]+(?:\.[0-9]+)+|(?=[^\W_])[{_UNSPACED}]|[^\W_{_UNSPACED}]+")

_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")


def folded(text: str) -> str:
    """Return a text in its one spelling: NFKD, without marks and format characters, in lower case, dashes as `-`."""
    return text.lower() if text.isascii() else _bare(text).lower().translate(_ALIKE)


def folded_words(text: str) -> list[str]:
    """Return the words of a folded text in their order: letters and digits of any script, numbers with their point.

    TeX loses its commands but for the names of letters; `Z'`, `Z^\\prime` and `Z prime` are `zprime`; `8TeV` is two.
    """
    if "\\" in text:
        text = _TEX.sub(_of_tex, text)
    text = _WRITTEN_PRIME.sub(r"\1prime", _PRIME.sub(r"\1prime ", text))
    if not text.isascii():
        text = _GREEK_LETTERS.sub(_of_greek, text)
    return [word[:LONGEST_WORD] for word in _WORD.findall(_UNIT.sub(r"\1 ", text))]


def is_unspaced(word: str) -> bool:
    """Return whether a word is a letter of a script that puts no spaces between words."""
    return _IS_UNSPACED.fullmatch(word) is not None


def _bare(text: str) -> str:
    letters = []
    for letter in unicodedata.normalize("NFKD", text):
        kind = unicodedata.category(letter)
        if kind == "Pd" or letter == "\u2212":
            letters.append("-")
        elif kind[0] != "M" and kind not in ("Cf", "Cs"):
            letters.append(letter)
    return "".join(letters)


def _of_tex(found: re.Match[str]) -> str:
    name = found[1].removeprefix("var")
    return f" {name} " if name in _NAMES else _TEX_WORDS.get(name, " ")


def _of_greek(found: re.Match[str]) -> str:
    return "".join(f" {GREEK[letter]} " for letter in found[0])
