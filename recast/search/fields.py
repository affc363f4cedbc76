"""Words that name a part of a record in a question: `collaboration:CMS`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["FIELDS", "NUMBERS", "TITLE", "WHOLE", "field_named", "field_word", "pair_word", "values_of"]

TITLE = "title"
NUMBERS = "number"

FIELDS: Mapping[str, Sequence[str]] = {
    TITLE: ("t", "name"),
    NUMBERS: ("arxiv", "doi", "eprint", "inspire", "hepdata", "report", "r", "id"),
    "collaboration": ("collab", "experiment", "cn"),
    "sqrts_tev": ("sqrts", "energy", "ecm", "tev"),
    "luminosity_inv_fb": ("luminosity", "lumi"),
    "final_state": ("final", "final_states", "fs", "signature"),
    "model": ("models",),
    "tool": ("tools",),
    "status": (),
    "validated": ("valid",),
    "policy": (),
    "accepts": ("requests",),
}
"""Fields with their other names."""

WHOLE = frozenset({"sqrts_tev", "luminosity_inv_fb", "status", "validated", "accepts"})
"""Fields whose words are not found by their beginning: 13 is not 13.6."""

_BY_NAME = {name: field for field, names in FIELDS.items() for name in (field, *names)}
_UNITS = frozenset({"tev", "fb"})
_YES = dict.fromkeys(("yes", "true", "1", "y"), "yes") | dict.fromkeys(("no", "false", "0", "n"), "no")


def field_named(name: str) -> str:
    """Return the field that a word names, empty if none."""
    return _BY_NAME.get(name.replace("-", "_"), "")


def field_word(field: str, word: str) -> str:
    """Return the word of the index for a word in a field; no question has such a word elsewhere."""
    return f":{field}:{word}"


def pair_word(one: str, other: str) -> str:
    """Return the word of the index for two neighbours. It begins as no word does, so that whoever looks for a beginning
    does not have to look through the pairs.
    """
    return f"_{one}_{other}"


def values_of(field: str, words: Sequence[str]) -> list[str]:
    """Return the words that are looked for in a field: without units, and `yes` or `no` where that is meant."""
    if field in ("validated", "accepts"):
        return [_YES.get(word, word) for word in words]
    return [word for word in words if word not in _UNITS] if field in WHOLE else list(words)
