"""What a card may say, and every fault of it at once."""

from __future__ import annotations

from typing import Any

import pytest

from recast.catalogue.statements.card import read_card_file
from recast.catalogue.statements.vocabulary import tags_of, vocabulary
from recast.desk.card import TAG_KINDS, read_card
from recast.errors import EntryError
from tests.conftest import ROOT

WORDS = vocabulary().words
SHIPPED = sorted((ROOT / "catalogue").glob("*.yml"))


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_analysis_has_a_card(entry: Any) -> None:
    card = read_card_file(entry.parent / "cards" / entry.name)
    assert card.analysis == entry.stem
    assert all(card.tags[kind] for kind in TAG_KINDS)


def test_there_is_no_card_without_an_analysis() -> None:
    cards = {path.name for path in (ROOT / "catalogue" / "cards").iterdir()}
    assert cards == {entry.name for entry in SHIPPED}


def test_a_card_is_written_as_it_is_read() -> None:
    said = {
        "analysis": "atlas-x",
        "contacts": [{"name": "Jane Doe", "email": "jane@example.org", "user": "u7k2"}],
        "policy": "at-once",
        "quota_core_hours": 12.5,
        "final_states": ["met", "jets"],
        "models": ["gluino"],
        "tools": [],
        "note": "ask first",
    }
    card = read_card(said, WORDS)
    assert read_card(card.as_json(), WORDS) == card
    assert card.tags["final_states"] == ("jets", "met")


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"analysis": "Atlas X"}, "not the name of an analysis"),
        ({"colour": "red"}, "there is no `colour`"),
        ({"policy": "always"}, "`policy` is one of"),
        ({"policy": "at-once"}, "needs `quota_core_hours`"),
        ({"quota_core_hours": "many"}, "not a number of core-hours"),
        ({"quota_core_hours": True}, "not a number of core-hours"),
        ({"contacts": "Jane"}, "not a list"),
        ({"contacts": [{"mail": "x"}]}, "a contact has a `name`"),
        ({"contacts": [{"name": "Jane", "email": "jane@example.org>\nBcc: all"}]}, "more than one line"),
        ({"contacts": [{"name": "Jane", "email": "a@b, c@d"}]}, "plain address"),
        ({"models": ["gluinos"]}, "there is no 'gluinos'"),
        ({"models": "gluino"}, "is not a list"),
        ({"note": "x" * 2001}, "characters"),
    ],
)
def test_faults_are_named(said: dict[str, Any], fault: str) -> None:
    with pytest.raises(EntryError) as refused:
        read_card({"analysis": "atlas-x", **said}, WORDS)
    assert refused.value.code == "card.invalid"
    assert fault in refused.value.why


@pytest.mark.parametrize("card", [None, [], "atlas-x", 7])
def test_what_is_no_object_is_no_card(card: Any) -> None:
    with pytest.raises(EntryError):
        read_card(card, WORDS)


def test_words_of_a_newer_recast_are_passed_over() -> None:
    card = read_card({"analysis": "atlas-x", "models": ["gluino", "unparticle"]}, WORDS, known_only=False)
    assert card.tags["models"] == ("gluino",)


@pytest.mark.parametrize(
    ("metadata", "kind", "tags"),
    [
        ({"final_states": ["0 leptons", "2 to 6 jets"]}, "final_states", ("0-leptons", "jets")),
        ({"final_states": ["3 or more b-jets"]}, "final_states", ("b-jets",)),
        ({"final_states": ["2 electrons", "2 muons"]}, "final_states", ("2-leptons", "electrons", "muons")),
        ({"models": ["bottom squark pair, sbottom -> b neutralino2"]}, "models", ("sbottom",)),
        ({"models": ["squark pair (T2)", "top squarks"]}, "models", ("squark", "stop")),
        ({"models": ["Z' with the couplings of the Z"]}, "models", ("zprime",)),
        ({"models": "free text"}, "models", ()),
        ({}, "final_states", ()),
    ],
)
def test_free_text_is_mapped_onto_the_vocabulary(metadata: Any, kind: str, tags: tuple[str, ...]) -> None:
    assert tags_of(metadata)[kind] == tags
