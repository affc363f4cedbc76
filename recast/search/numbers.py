"""Numbers of papers: arXiv, DOI, INSPIRE, HEPData, reports of experiments. In each spelling they are one word."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["all_numbers", "number_in"]

_LONGEST = 64
_ARXIV = re.compile(r"(?<![\w.])([0-9]{4}\.[0-9]{4,5})(?:v[0-9]{1,3})?(?![0-9])")
_OLD_ARXIV = re.compile(
    r"(?<![a-z0-9])((?:astro-ph|cond-mat|gr-qc|hep-(?:ex|lat|ph|th)|math(?:-ph)?|nucl-(?:ex|th)|physics|quant-ph)"
    r"(?:\.[a-z]{2})?)/([0-9]{7})(?![0-9])"
)
_DOI = re.compile(r"(?<![0-9])10\.[0-9]{4,9}/[^\s\"<>]{1,200}")
_INSPIRE = re.compile(r"(?:(?<![a-z0-9])ins|inspirehep\.net/(?:literature|record)/)([0-9]{3,9})(?![0-9])")
_REPORT = re.compile(
    r"(?<![a-z0-9])((?:[a-z]{2,12}[-_/]){0,5}[a-z]{2,12})[-_/]((?:19|20)?[0-9]{2})[-_/]([0-9]{1,4})(?![0-9])"
)
_OF_ARXIV = re.compile(r"10\.48550/arxiv\.")
_PART_OF_DATA = re.compile(r"(10\.17182/hepdata\.[0-9]+).*")
_NOT_WORD = re.compile(r"[^a-z0-9]")


def number_in(text: str) -> str:
    """Return the first number in a folded text as a word, empty if there is none.

    `arxiv:2106.01676v2` is `2106.01676`, `atlas-susy-2018-32` is `atlassusy201832`, `10.1007/jhep05(2022)014` is
    `10.1007jhep052022014`, `hep-ex/0601001` is `hepex0601001`, and a number of INSPIRE `ins1748602`.
    """
    return next((words[0] for words in _found(text)), "")


def all_numbers(text: str) -> list[str]:
    """Return all numbers in a folded text as words; those of reports without their first parts, too."""
    return list(dict.fromkeys(word[:_LONGEST] for words in _found(text) for word in words))


def _found(text: str) -> Iterator[list[str]]:
    for found in _DOI.finditer(text):
        yield [_doi(found[0])]
    rest = _DOI.sub(" ", text)
    for found in _ARXIV.finditer(rest):
        yield [found[1]]
    for found in _OLD_ARXIV.finditer(rest):
        yield [_NOT_WORD.sub("", found[1]) + found[2]]
    for found in _INSPIRE.finditer(rest):
        yield [f"ins{found[1]}"]
    for found in _REPORT.finditer(rest):
        yield list(_report(found))


def _doi(text: str) -> str:
    if inside := _OF_ARXIV.match(text):
        rest = text[inside.end() :]
        return next((words[0] for words in _found(rest)), _NOT_WORD.sub("", rest))
    first, _, last = _PART_OF_DATA.sub(r"\1", text).partition("/")
    return (first + _NOT_WORD.sub("", last))[:_LONGEST]


def _report(found: re.Match[str]) -> Iterator[str]:
    letters = re.split(r"[-_/]", found[1])
    for begin in range(len(letters)):
        yield f"{''.join(letters[begin:])}{found[2]}{found[3]}"[:_LONGEST]
