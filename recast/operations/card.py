"""The card of an analysis: shown, stated, and the words that its tags are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from recast.catalogue.local import Catalogue
from recast.catalogue.statements.card import Cards, SaidCard, read_card_file
from recast.catalogue.statements.vocabulary import vocabulary
from recast.desk.card import Card, Contact, read_card
from recast.errors import InputError
from recast.json_types import JsonDict

__all__ = ["CardAsked", "history", "show_card", "state_card", "words"]


class CardAsked:
    """What a user wants to state: a whole card from a file, or changes to the one that counts now."""

    def __init__(
        self, file: Path | None = None, policy: str = "", quota: float | None = None, contacts: tuple[str, ...] = ()
    ) -> None:
        self.file, self.policy, self.quota, self.contacts = file, policy, quota, contacts

    def card(self, known: Card) -> Card:
        """Return the card that is to be stated, given the one that counts now; raises EntryError with all faults."""
        card = read_card_file(self.file) if self.file is not None else known
        changed = replace(
            card,
            policy=self.policy or card.policy,
            quota_core_hours=card.quota_core_hours if self.quota is None else self.quota,
            contacts=tuple(map(_contact, self.contacts)) or card.contacts,
        )
        return read_card(changed.as_json(), vocabulary().words, str(self.file or ""))


def show_card(analysis: str, catalogue: Catalogue) -> SaidCard:
    """Return the card of an analysis that counts; raises NotFound if there is no such analysis."""
    return Cards(catalogue).of(analysis, catalogue.get(analysis))


def history(analysis: str, catalogue: Catalogue) -> list[SaidCard]:
    """Return all cards that were stated about an analysis, oldest first."""
    return Cards(catalogue).history(analysis)


def state_card(analysis: str, asked: CardAsked, catalogue: Catalogue, who: str, key: Path | None = None) -> SaidCard:
    """State a card of an analysis, signed if `key` is given.

    Raises NotFound for an unknown analysis, EntryError (`card.invalid`) for a card that does not fit, InputError for
    one of another analysis.
    """
    known = show_card(analysis, catalogue)
    card = asked.card(known.card)
    if card.analysis != analysis:
        raise InputError(
            f"This is the card of {card.analysis}",
            where=str(asked.file),
            next_step=f"Set its `analysis` to {analysis}.",
        )
    return Cards(catalogue).state(card, who, key)


def words() -> Iterator[JsonDict]:
    """Yield every word of the vocabulary with its kind and meaning."""
    for kind, known in vocabulary().words.items():
        yield from ({"kind": kind, "word": word, "means": means} for word, means in known.items())


def _contact(text: str) -> Contact:
    """Return a contact from `Jane Doe <jane@example.org>`, or a name alone."""
    name, _, rest = text.partition("<")
    return Contact(name.strip(), rest.strip().removesuffix(">"))
