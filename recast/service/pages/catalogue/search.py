"""The search as a page shows it: chosen facets, those to choose, and what to try if nothing was found."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from recast.json_types import JsonDict, JsonObject
from recast.service.pages.links import query
from recast.service.pages.shape import text, texts
from recast.service.pages.words import FACETS, POLICIES, VALIDATED

__all__ = [
    "Chosen",
    "Facet",
    "Value",
    "chosen_of",
    "facets_of",
    "other_questions",
    "question_of",
    "shown_item",
    "without_each_word",
]

_AT_ONCE = 8
_MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a facet that can be chosen, how many analyses have it, and the address of that search."""

    words: str
    count: int
    address: str


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with its values, the most frequent first; `more` are those that are shown only when asked for."""

    name: str
    values: tuple[Value, ...]
    more: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A value that was chosen, and the address of the search without it."""

    facet: str
    words: str
    address: str


def chosen_of(path: str, state: Mapping[str, str]) -> list[Chosen]:
    """Return the chosen values of a search; `state` is its query without paging."""
    return [
        Chosen(words, _words(name, value), query(path, state, **{name: ""}))
        for name, words in FACETS.items()
        if (value := state.get(name))
    ]


def facets_of(
    path: str, state: Mapping[str, str], document: JsonObject, names: Collection[str] = tuple(FACETS)
) -> list[Facet]:
    """Return those of some facets that are not chosen yet and have something to choose."""
    return [
        Facet(FACETS[name], values[:_AT_ONCE], values[_AT_ONCE:])
        for name in names
        if not state.get(name) and (values := tuple(_values(path, state, name, document)))
    ]


def shown_item(item: JsonObject, base: str) -> JsonDict:
    """Return what a list shows of an analysis."""
    name, policy = text(item.get("analysis")), text(item.get("policy"))
    energy = text(item.get("sqrts_tev"))
    return {
        "name": name,
        "version": text(item.get("version"), 80),
        "title": text(item.get("title"), 400) or name,
        "collaboration": text(item.get("collaboration")),
        "energy": f"{energy} TeV" if energy else "",
        "status": text(item.get("status")),
        "validated": item.get("validated") is True,
        "policy": POLICIES.get(policy, ""),
        "address": f"{base}/analyses/{quote(name)}",
    }


def other_questions(path: str, state: Mapping[str, str], document: JsonObject) -> list[Value]:
    """Return the searches with other words that somebody may have meant."""
    return [Value(it, 0, query(path, state, q=it)) for it in texts(document.get("meant"), _MOST_WORDS)]


def without_each_word(path: str, state: Mapping[str, str]) -> list[Value]:
    """Return the searches with one word fewer, for a search that found nothing."""
    words = state.get("q", "").split()
    if not 1 < len(words) <= _MOST_WORDS:
        return []
    fewer = [" ".join([*words[:at], *words[at + 1 :]]) for at in range(len(words))]
    return [Value(it, 0, query(path, state, q=it)) for it in dict.fromkeys(fewer)]


def question_of(words: str) -> str:
    """Return the file that asks for a search that nobody has archived."""
    wanted = json.dumps(words or "arXiv:2106.01676", ensure_ascii=False)
    points = "points:\n- coordinates: {m_squark_gev: 1200, m_neutralino_gev: 300}\n"
    return f"wanted: {wanted}\ntitle: what you want to know\n{points}"


def _values(path: str, state: Mapping[str, str], name: str, document: JsonObject) -> Iterator[Value]:
    for it in document["facets"].get(name, ()):
        value = text(it["value"], 200)
        yield Value(_words(name, value), it["count"], query(path, state, **{name: value}))


def _words(name: str, value: str) -> str:
    return {"policy": POLICIES, "validated": VALIDATED}.get(name, {}).get(value, value)
