"""The words that there are, and which of them are nearest to one that is not: what somebody may have meant."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

__all__ = ["Known", "apart", "tolerance"]

_MOST_KNOWN = 200_000
_REMEMBERED = 2000


def tolerance(word: str) -> int:
    """Return how many letters may be wrong: none in words below four, one below eight, else two."""
    return 0 if len(word) < 4 else 1 if len(word) < 8 else 2


def apart(one: str, other: str, most: int) -> int:
    """Return how many letters are missing, too many, wrong, or exchanged with their neighbour (Damerau, Levenshtein;
    no letter is changed twice); `most + 1` for all that is more.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before, row = [0] * (len(other) + 1), list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, before, row = before, row, [i] * (len(other) + 1)
        for j, theirs in enumerate(other, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != theirs))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == theirs:
                row[j] = min(row[j], above[j - 2] + 1)
        if min(row) > most and min(before) > most:
            return most + 1
    return min(row[-1], most + 1)


class Known:
    """All words that something may be found by."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = sorted(set(words))[:_MOST_KNOWN]
        self._by_length: dict[int, list[tuple[int, str]]] = {}
        for word in self._words:
            self._by_length.setdefault(len(word), []).append((_letters(word), word))
        self._remembered: dict[str, tuple[str, ...]] = {}

    def has_beginning(self, word: str) -> bool:
        """Return whether a word begins so."""
        at = bisect_left(self._words, word)
        return at < len(self._words) and self._words[at].startswith(word)

    def nearest(self, word: str, most: int = 3) -> tuple[str, ...]:
        """Return the nearest words: with the fewest wrong letters, then those with the same first letter, then by
        name. None that is farther away than `tolerance` says.
        """
        if (known := self._remembered.get(word)) is None:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            known = self._remembered[word] = self._nearest(word)
        return known[:most]

    def _nearest(self, word: str) -> tuple[str, ...]:
        allowed, mine = tolerance(word), _letters(word)
        found = []
        for length in range(len(word) - allowed, len(word) + allowed + 1 if allowed else 0):
            for theirs, other in self._by_length.get(length, ()):
                # Each wrong letter changes the set of letters by two at most: most words are sorted out by this alone.
                if (mine ^ theirs).bit_count() <= 2 * allowed and other != word:
                    distance = apart(word, other, allowed)
                    if distance <= allowed:
                        found.append((distance, other[0] != word[0], other))
        return tuple(other for _, _, other in sorted(found)[:10])


def _letters(word: str) -> int:
    """Return the set of letters as bits, of which several may share one."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 63)
    return bits
