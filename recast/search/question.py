"""What somebody asks the catalogue, read: words, phrases in quotes, numbers of papers, words of a field."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, TypeAlias

from recast.search.fields import NUMBERS, TITLE, WHOLE, field_named, field_word, pair_word, values_of
from recast.search.fold import folded, folded_words, is_unspaced
from recast.search.numbers import number_in

__all__ = ["LONGEST", "MOST_WORDS", "Part", "Question", "Wanted", "read_question"]

LONGEST, MOST_WORDS = 1000, 16
"""What is beyond is not looked for."""

Kind: TypeAlias = Literal["words", "phrase", "number"]

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»\uff02", '"'))
_PART = re.compile(r'(?:(?P<field>[^\W\d_][\w-]{0,30}):)?"(?P<phrase>[^"]*)"?|(?P<chunk>[^\s"]+)')
_PRIME = re.compile(r"(?i)\b([wz])[ -]prime\b")
_FIELD = re.compile(r"([^\W\d_][\w-]{0,30}):(?!//)(.+)", re.DOTALL)
_ARCHIVE = re.compile(r"\[[a-z.-]{2,20}\]")
_LABELS = frozenset({"arxiv", "doi", "eprint", "inspire", "hepdata"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A word that is looked for: by its beginning, or `whole`; anywhere, or in `names` (name, title, numbers)."""

    word: str
    whole: bool = False
    names: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a question: what was typed, its words, and the field that they are in (empty: any)."""

    typed: str
    words: tuple[str, ...]
    kind: Kind = "words"
    field: str = ""
    number: str = ""

    def wanted(self) -> Iterator[Wanted]:
        """Yield the words that all have to be there."""
        if self.kind == "number":
            yield Wanted(self.number)
        elif self.field and self.field != TITLE:
            for word in self.words:
                yield Wanted(field_word(self.field, word), whole=self.field in WHOLE)
        elif self.kind == "phrase" and len(self.words) > 1:
            yield from (Wanted(pair_word(one, other), whole=True) for one, other in pairwise(self.words))
            if self.field:
                yield from self._in_names()
        else:
            for word in self.words:
                yield Wanted(word, whole=self.kind == "phrase", names=bool(self.field))

    def in_names(self) -> Iterator[Wanted]:
        """Yield what has to be in the name, title or numbers of the best; nothing for words of other fields."""
        if self.kind == "number":
            yield Wanted(self.number, names=True)
        elif not self.field or self.field == TITLE:
            yield from self._in_names()

    def _in_names(self) -> Iterator[Wanted]:
        return (Wanted(word, whole=self.kind == "phrase", names=True) for word in self.words)

    def with_word(self, old: str, new: str) -> Part:
        """Return the part with another word in place of one."""
        words = tuple(new if word == old else word for word in self.words)
        text = " ".join(words)
        text = f'"{text}"' if self.kind == "phrase" or (self.field and len(words) > 1) else text
        return replace(self, words=words, typed=f"{self.field}:{text}" if self.field else text)


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it was understood; `notes` say what was not understood as it may have been meant."""

    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The question as it could be typed."""
        return " ".join(part.typed for part in self.parts)

    def wanted(self) -> tuple[Wanted, ...]:
        """Return the words that an analysis must have."""
        return tuple(dict.fromkeys(it for part in self.parts for it in part.wanted()))

    def in_names(self) -> tuple[Wanted, ...]:
        """Return the words that the best have in their name, title or numbers; those come first."""
        return tuple(dict.fromkeys(it for part in self.parts for it in part.in_names()))

    def loosened(self) -> Question | None:
        """Return the question with the words of numbers in place of the numbers, None if it has none."""
        if not any(part.kind == "number" for part in self.parts):
            return None
        return replace(self, parts=tuple(replace(it, kind="words", number="") for it in self.parts))

    def with_words(self, words: Iterable[tuple[str, str]]) -> Question:
        """Return the question with other words in place of some (old, new)."""
        parts = self.parts
        for old, new in words:
            parts = tuple(it.with_word(old, new) if old in it.words else it for it in parts)
        return replace(self, parts=parts)


def read_question(text: str) -> Question:
    """Return what is asked. Every text is a question: what has no meaning of its own is words."""
    notes: list[str] = []
    parts = [part for part in _parts(_PRIME.sub(r"\1'", text[:LONGEST].translate(_QUOTES)), notes) if part.words]
    parts = _without_labels(parts)
    kept = list(_some(parts))
    if len(kept) < len(parts) or len(text) > LONGEST:
        notes.append(f"Only the first {MOST_WORDS} words were looked for.")
    return Question(tuple(kept), tuple(dict.fromkeys(notes)))


def _parts(text: str, notes: list[str]) -> Iterator[Part]:
    for found in _PART.finditer(text):
        if found["phrase"] is not None:
            yield _phrase(found[0], found["field"] or "", found["phrase"], notes)
        elif found["chunk"]:
            yield _chunk(found["chunk"], notes)


def _phrase(typed: str, name: str, text: str, notes: list[str]) -> Part:
    plain = folded(text)
    field = _known(folded(name), notes) if name else ""
    if number := number_in(plain) if not field or field == NUMBERS else "":
        return Part(typed, tuple(folded_words(plain)), "number", number=number)
    if field and field not in (TITLE, NUMBERS):
        return Part(typed, tuple(values_of(field, folded_words(plain))), field=field)
    before = folded_words(folded(name)) if name and not field else []
    return Part(typed, (*before, *folded_words(plain)), "phrase", "" if field == NUMBERS else field)


def _chunk(typed: str, notes: list[str]) -> Part:
    plain = folded(typed)
    named = _FIELD.fullmatch(plain)
    field = field_named(named[1]) if named else ""
    if named and field == "" and not number_in(plain):
        _known(named[1], notes)
    if field and field != NUMBERS and named:
        return Part(typed, tuple(values_of(field, folded_words(named[2]))), field=field)
    value = named[2] if named and field else plain
    number = number_in(plain) or (f"ins{value}" if named and named[1] == "inspire" and value.isdecimal() else "")
    if number:
        return Part(typed, tuple(folded_words(value)) or (number,), "number", number=number)
    words = tuple(folded_words(value))
    return Part(typed, words, "phrase" if len(words) > 1 and any(map(is_unspaced, words)) else "words")


def _known(name: str, notes: list[str]) -> str:
    """Return the field of a name; note it if there is none."""
    field = field_named(name)
    if not field:
        notes.append(f"There is no field {name}: it was looked for as a word.")
    return field


def _without_labels(parts: list[Part]) -> list[Part]:
    """Return the parts without what people write around numbers: `arXiv` before one, `[hep-ex]` behind it."""
    numbers = [part.kind == "number" for part in parts]
    return [
        part
        for at, part in enumerate(parts)
        if numbers[at]
        or not (
            (set(part.words) <= _LABELS and at + 1 < len(parts) and numbers[at + 1])
            or (at and numbers[at - 1] and _ARCHIVE.fullmatch(folded(part.typed)))
        )
    ]


def _some(parts: list[Part]) -> Iterator[Part]:
    left = MOST_WORDS
    for part in parts:
        if part.kind == "number":
            left -= 1
        elif len(part.words) > left:
            part = replace(part, words=part.words[: max(0, left)])
            left = 0
        else:
            left -= len(part.words)
        if left < 0 or not part.words:
            return
        yield part
