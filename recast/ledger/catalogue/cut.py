"""Text cut into the words that are indexed and searched: the same for every database, which never cuts by itself."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["cut", "query_words", "titled"]

_WORD = re.compile(r"[a-z0-9]+")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_PRIME = re.compile(r"\b([a-z])['\u2019\u2032]")
_ARXIV = re.compile(r"\b(\d{4})\.(\d{4,5})(?:v\d+)?\b")
_LONGEST, _MOST, _MOST_ASKED = 64, 5000, 16


def cut(text: str) -> list[str]:
    """Return the words of a text, each once, in lower case without accents: letters and digits of ASCII.

    Other letters become words such as `x3b1`, Z' becomes `zprime`, and an arXiv number one word.
    """
    plain = _PRIME.sub(r"\1prime", _folded(text))
    words = _WORD.findall(_ARXIV.sub(r"\1\2", plain))
    return list(dict.fromkeys(word[:_LONGEST] for word in words))[:_MOST]


def titled(name: str, title: str) -> list[str]:
    """Return the words of a name and a title, and the name written as one word, with and without its first part."""
    parts = cut(name)
    return list(dict.fromkeys([*parts, "".join(parts), "".join(parts[1:]), *cut(title)]))


def query_words(text: str) -> list[str]:
    """Return the words that are asked for; each matches the words that begin with it."""
    return cut(text[:1000])[:_MOST_ASKED]


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _NOT_ASCII.sub(lambda found: f" x{ord(found[0]):x} " if found[0].isalnum() else found[0], bare)
