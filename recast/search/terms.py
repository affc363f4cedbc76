"""The words that an analysis is found by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from recast.json_types import JsonObject, JsonValue, is_finite
from recast.search.fields import field_word, pair_word
from recast.search.fold import LONGEST_WORD, folded, folded_words
from recast.search.numbers import all_numbers

__all__ = ["Terms", "spelled", "terms_of"]

_MOST_WORDS, _MOST_TEXT, _DEEPEST = 5000, 200_000, 8
_SHORTEST_SPELLED, _LONGEST_SPELLED, _SHORTEST_PLURAL = 4, 32, 6


@dataclass(frozen=True, slots=True)
class Terms:
    """The words of an analysis, each once: `names` are those of its name, its title and its numbers; `words` all, with
    the pairs of neighbours (`_higgs_boson`) and those of fields (`:model:stop`).
    """

    names: tuple[str, ...]
    words: tuple[str, ...]


def terms_of(
    name: str, title: str, references: JsonObject, texts: Iterable[JsonValue], fields: Mapping[str, Sequence[str]]
) -> Terms:
    """Return the words that an analysis is found by. `texts` are values of JSON in which all texts and numbers count,
    `fields` the values of each field.
    """
    numbers = [*_of_name(name), *_of_references(references)]
    names = list(dict.fromkeys([*folded_words(folded(name)), *numbers, *folded_words(folded(title))]))
    found: dict[str, None] = dict.fromkeys(names)
    pairs: dict[str, None] = {}
    for text in _texts([title, *texts]):
        plain = folded(text)
        words = folded_words(plain)
        found |= dict.fromkeys([*words, *all_numbers(plain)])
        pairs |= dict.fromkeys(pair_word(one, other) for one, other in pairwise(words))
        if len(found) > _MOST_WORDS:
            break
    of_fields = [
        field_word(field, word)
        for field, values in fields.items()
        for it in values
        for word in folded_words(folded(it))
    ]
    words = [*list(found)[:_MOST_WORDS], *list(pairs)[:_MOST_WORDS], *dict.fromkeys(of_fields)]
    return Terms(tuple(names[:_MOST_WORDS]), tuple(words))


def spelled(words: Iterable[str]) -> set[str]:
    """Return the words that somebody may have meant who wrote another: of letters, neither short nor very long; those
    of six and more that end in an s without it, too.
    """
    found = {word for word in words if _SHORTEST_SPELLED <= len(word) <= _LONGEST_SPELLED and word.isalpha()}
    return found | {it[:-1] for it in found if it[-1] == "s" and it[-2] != "s" and len(it) >= _SHORTEST_PLURAL}


def _of_name(name: str) -> list[str]:
    """Return the name of an analysis as one word, with and without its first parts."""
    parts = folded_words(folded(name.replace("-", " ")))
    whole = ["".join(parts)[:LONGEST_WORD], "".join(parts[1:])[:LONGEST_WORD]]
    return [*filter(None, whole), *all_numbers(folded(name))]


def _of_references(references: JsonObject) -> Iterator[str]:
    for key, value in references.items():
        text = folded(str(value))
        if key == "inspire" and text.isdecimal():
            yield text
            yield f"ins{text}"
        yield from all_numbers(text)


def _texts(values: Iterable[JsonValue]) -> Iterator[str]:
    """Yield the texts and numbers in values of JSON, in their order, as long as they are not too many."""
    left = _MOST_TEXT
    stack: list[tuple[JsonValue, int]] = [(it, 0) for it in reversed(list(values))]
    while stack and left > 0:
        value, depth = stack.pop()
        if isinstance(value, Mapping):
            value = list(value.values())
        if isinstance(value, (list, tuple)):
            stack += [(it, depth + 1) for it in reversed(value)] if depth < _DEEPEST else []
        elif isinstance(value, str) or is_finite(value):
            text = f"{value:g}" if isinstance(value, float) else str(value)
            yield text[:left]
            left -= len(text)
