"""The language of searches: texts as words, questions as words to look for, the nearest words that there are. Pure.

The same rules hold for every database and for the static copy of a catalogue; docs/reference/pages.md states them.
"""

from recast.search.corrected import corrections, neighbours
from recast.search.near import Known
from recast.search.question import Part, Question, Wanted, read_question
from recast.search.terms import Terms, spelled, terms_of

__all__ = [
    "Known",
    "Part",
    "Question",
    "Terms",
    "Wanted",
    "corrections",
    "neighbours",
    "read_question",
    "spelled",
    "terms_of",
]
