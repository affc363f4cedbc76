"""Questions that somebody may have meant, for one that finds nothing or little."""

from __future__ import annotations

from recast.search.near import Known, tolerance
from recast.search.question import Part, Question

__all__ = ["corrections", "neighbours"]

_MOST_WRONG, _MOST_OFFERED = 3, 3


def corrections(question: Question, known: Known) -> list[Question]:
    """Return the question with the nearest words in place of those that nothing begins with, the best first; none if
    there is no such word, or if one of them is like no other.
    """
    wrong = [word for word in _words(question) if tolerance(word) and not known.has_beginning(word)]
    if not wrong or len(wrong) > _MOST_WRONG:
        return []
    near = {word: known.nearest(word, _MOST_OFFERED) for word in wrong}
    if not all(near.values()):
        return []
    best = [(word, near[word][0]) for word in wrong]
    found = [best]
    for at, word in enumerate(wrong):
        found += [[*best[:at], (word, other), *best[at + 1 :]] for other in near[word][1:]]
    return [question.with_words(it) for it in found[:_MOST_OFFERED]]


def neighbours(question: Question, known: Known) -> list[Question]:
    """Return the question with another word that is there in place of one that is there, too."""
    return [
        question.with_words([(word, other)])
        for word in _words(question)[:_MOST_WRONG]
        for other in known.nearest(word, 1)
        if not other.startswith(word)
    ]


def _words(question: Question) -> list[str]:
    """Return the words of a question that may be misspelled."""
    return list(dict.fromkeys(word for part in question.parts if _may_be_wrong(part) for word in part.words))


def _may_be_wrong(part: Part) -> bool:
    return part.kind != "number" and all(word.isalpha() for word in part.words)
