"""Names and words as people spell them: report numbers in any case, arXiv and INSPIRE numbers, Z' and mono-jet."""

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
"""How alike two names must be for one to be taken for the other: a digit or two may differ."""


def normal(text: str) -> str:
    """Return a text in small letters and digits; what stands between words is one blank, inside of words nothing."""
    folded = _PRIME.sub(r"\1prime", " ".join(text.casefold().split()))
    return " ".join(_NOTHING.sub("", folded).split())


def _spellings(word: str) -> list[str]:
    """Return what a word may stand as in a text: identifiers without what is not always written."""
    bare = _URL.sub("", word.strip().casefold())
    if (found := _ARXIV.match(bare)) is not None:
        return [normal(found[1])]
    if (found := _INSPIRE.match(bare)) is not None:
        return [normal(bare), found[1]]
    return [normal(bare)]


class Words:
    """A text that is asked for words."""

    def __init__(self, text: str) -> None:
        self._folded = text.casefold()
        self._normal = normal(text)
        self._joined = self._normal.replace(" ", "")

    def hold(self, word: str) -> bool:
        """Return whether a word, a part of one, or several words in a row stand in the text, however they are spelt."""
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
    """Return the names that somebody may have meant, best first; `texts` are what is known under each name.

    Another spelling of a name or number is taken before a similar one.
    """
    wanted = _spellings(name)
    same = [own for own, text in texts.items() if any(_is_in(it, own, text) for it in wanted)]
    return same[:most] or _similar(wanted[0], texts, most)


def _is_in(wanted: str, name: str, text: str) -> bool:
    """Return whether a name or number is that of an analysis, or the end of it without the experiment."""
    whole = wanted.replace(" ", "")
    own = normal(name).replace(" ", "")
    if len(whole) < 5:
        return False
    return own == whole or (whole[-1].isdigit() and (own.endswith(whole) or whole in normal(text).split()))


def _similar(wanted: str, names: Iterable[str], most: int) -> list[str]:
    by_form = {normal(name): name for name in names}
    return [by_form[it] for it in similar(wanted, by_form, most, _LIKE)]
