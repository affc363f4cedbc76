"""A search that finds nothing, or little, because of its spelling: what is looked for instead, and what is offered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from recast.ledger.catalogue.found import Found
from recast.search import Known, Question, corrections, neighbours

__all__ = ["tolerated"]

_LITTLE = 2


def tolerated(question: Question, found: Found, ask: Callable[[Question], Found], known: Callable[[], Known]) -> Found:
    """Return what was found, or what is found instead; `ask` looks for another question, `known` are the words of the
    index, which are read if they are needed.
    """
    if not question.parts or found.total > _LITTLE:
        return replace(found, notes=question.notes)
    if found.total:
        others = [it.text for it in neighbours(question, known()) if ask(it).total > found.total]
        return replace(found, notes=question.notes, meant=tuple(others))
    loose = question.loosened()
    if loose is not None and (those := ask(loose)).total:
        return replace(those, notes=(*question.notes, "No number is like this: it was looked for as words."))
    return _corrected(loose or question, found, ask, known())


def _corrected(question: Question, nothing: Found, ask: Callable[[Question], Found], known: Known) -> Found:
    """Return what the nearest words find; those that are nearly as near are offered."""
    those = [(it.text, ask(it)) for it in corrections(question, known)]
    those = [(text, found) for text, found in those if found.total]
    if not those:
        return replace(nothing, notes=question.notes)
    (text, found), *others = those
    return replace(found, notes=question.notes, instead=text, meant=tuple(other for other, _ in others))
