"""The words for tags of analyses (`vocabulary.yml`), and how the free text of entries is mapped onto them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from recast.desk.card import TAG_KINDS
from recast.json_types import JsonObject

__all__ = ["Vocabulary", "tags_of", "vocabulary"]

_LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """For each kind of tag, its words with their meanings, and the patterns that find them in free text."""

    words: Mapping[str, Mapping[str, str]]
    found_by: Mapping[str, Mapping[str, re.Pattern[str]]]

    def found(self, kind: str, texts: Iterable[str]) -> tuple[str, ...]:
        """Return the words of a kind that free text holds, in the order of the vocabulary."""
        text = "\n".join(texts)[:_LONGEST_TEXT]
        return tuple(word for word, pattern in self.found_by[kind].items() if pattern.search(text))


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary that is shipped with this program."""
    from recast.spec.source import parse

    text = resources.files(__package__).joinpath("vocabulary.yml").read_bytes()
    found = parse(text, "vocabulary.yml").value
    return Vocabulary(
        {kind: {word: it["means"] for word, it in found[kind].items()} for kind in TAG_KINDS},
        {kind: {word: _pattern(it["found_by"]) for word, it in found[kind].items()} for kind in TAG_KINDS},
    )


def tags_of(metadata: JsonObject, images: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
    """Return the tags that follow from an entry's free text, for an analysis whose card has none.

    `metadata` is that of a version; `images` are the names of its images.
    """
    known = vocabulary()
    texts = {
        "final_states": _texts(metadata.get("final_states")),
        "models": _texts(metadata.get("models")),
        "tools": [name.rpartition("/")[2] for name in images],
    }
    return {kind: known.found(kind, texts[kind]) for kind in TAG_KINDS}


def _texts(found: object) -> list[str]:
    return [text for text in found if isinstance(text, str)] if isinstance(found, (list, tuple)) else []


def _pattern(alternatives: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in alternatives), re.IGNORECASE)
