"""Match names and words in the spellings that people use: report numbers in any case, arXiv and INSPIRE numbers, Z' and
mono-jet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from recast.suggest import similar

__all__ = ["Words", "meant", "normal"]

_URL = re.compile(
    r"^(?:https?://)?(?:www\.)?(?:arxiv\.org/(?:abs|pdf)/|(?:dx\.)?doi\.org/|inspirehep\.net/literature/)"
)
_ARXIV = re.compile(r"^(?:arxiv[: ]?)?(\d{4}\.\d{4,5})(?:v\d+)?$")
_INSPIRE = re.compile(r"^ins(?:pire)?[-: ]?(\d{5,8})$")
_PRIME = re.compile(r"\b([a-z])['\u2019\u2032]")
_NOTHING = re.compile(r"[^0-9a-z ]+")
_LIKE = 0.75
"""How similar a name must be to be suggested: a digit or two may differ."""


def normal(text: str) -> str:
    """Return a text in lower-case letters and digits, with one space between words and nothing inside them."""
    folded = _PRIME.sub(r"\1prime", " ".join(text.casefold().split()))
    return " ".join(_NOTHING.sub("", folded).split())


def _spellings(word: str) -> list[str]:
    """Return the spellings that a word may have in a text: identifiers without their optional parts."""
    bare = _URL.sub("", word.strip().casefold())
    if (found := _ARXIV.match(bare)) is not None:
        return [normal(found[1])]
    if (found := _INSPIRE.match(bare)) is not None:
        return [normal(bare), found[1]]
    return [normal(bare)]


class Words:
    """A text in which words are searched."""

    def __init__(self, text: str) -> None:
        self._folded = text.casefold()
        self._normal = normal(text)
        self._joined = self._normal.replace(" ", "")

    def hold(self, word: str) -> bool:
        """Return whether a word, a part of one, or a phrase occurs in the text, in any spelling."""
        if word.casefold() in self._folded:
            return True
        return any(it and (it in self._normal or self._in_a_row(it)) for it in _spellings(word))

    def _in_a_row(self, word: str) -> bool:
        """Return whether a word is several whole words of the text: `monojet` for `mono jet`."""
        joined = word.replace(" ", "")
        if joined not in self._joined:
            return False
        return re.search(rf"(?<![0-9a-z]){' ?'.join(map(re.escape, joined))}(?![0-9a-z])", self._normal) is not None


def meant(name: str, texts: Mapping[str, str], most: int = 3) -> list[str]:
    """Return the names that may have been meant, best first; `texts` contains the known text for each name.

    Another spelling of a name or number comes before a similar one.
    """
    wanted = _spellings(name)
    same = [own for own, text in texts.items() if any(_is_in(it, own, text) for it in wanted)]
    return same[:most] or _similar(wanted[0], texts, most)


def _is_in(wanted: str, name: str, text: str) -> bool:
    """Return whether a name or number is that of an analysis, with or without the experiment in front."""
    whole = wanted.replace(" ", "")
    own = normal(name).replace(" ", "")
    if len(whole) < 5:
        return False
    return own == whole or (whole[-1].isdigit() and (own.endswith(whole) or whole in normal(text).split()))


def _similar(wanted: str, names: Iterable[str], most: int) -> list[str]:
    by_form = {normal(name): name for name in names}
    return [by_form[it] for it in similar(wanted, by_form, most, _LIKE)]
