"""`recast catalogue card show|set|log|words`: what may change about an analysis, beside its versions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recast.cli.catalogue.publish import user_name, who_option
from recast.cli.output import emit, message, output_option, say, write
from recast.desk.policies import POLICIES, TAG_KINDS

if TYPE_CHECKING:
    from recast.catalogue.statements.card import SaidCard

__all__ = ["card"]


@click.group()
def card() -> None:
    """Show and state cards: contacts, which requests are taken, tags. They lie beside the immutable versions."""


@card.command(
    "show",
    epilog="\b\nExamples:\n  recast catalogue card show atlas-susy-2019-08\n"
    "  recast catalogue card show atlas-susy-2019-08 --document > card.yml",
)
@click.argument("analysis")
@click.option("--document", is_flag=True, help="Print the file that 'set -f' reads.")
@output_option
def show(analysis: str, document: bool, output: str) -> None:
    """Show the card of ANALYSIS that counts, and who stated it."""
    from recast.catalogue import Catalogue
    from recast.operations.card import show_card

    said = show_card(analysis, Catalogue())
    if document:
        import yaml

        write(yaml.safe_dump(said.card.as_json(), sort_keys=False, allow_unicode=True), end="")
    else:
        _print(said, output)


@card.command(
    "set",
    epilog="\b\nExamples:\n  recast catalogue card set atlas-susy-2019-08 -f card.yml --key ~/.ssh/id_ed25519\n"
    "  recast catalogue card set atlas-susy-2019-08 --policy on-acceptance --contact 'Jane Doe <jane@example.org>'",
)
@click.argument("analysis")
@click.option("-f", "file", type=click.Path(path_type=Path, dir_okay=False), help="The whole card: YAML or JSON.")
@click.option("--policy", type=click.Choice(POLICIES), default=None, help="Which requests are taken.")
@click.option("--quota", type=click.FloatRange(0, 1e6), help="Core-hours per requester in 30 days, for 'at-once'.")
@click.option("--contact", "contacts", multiple=True, metavar="'NAME <MAIL>'", help="Who answers (replaces all).")
@click.option("--key", type=click.Path(path_type=Path), help="Sign the card with this SSH key.")
@who_option
@output_option
def set_card(
    analysis: str,
    file: Path | None,
    policy: str | None,
    quota: float | None,
    contacts: tuple[str, ...],
    key: Path | None,
    who: str | None,
    output: str,
) -> None:
    """State a card of ANALYSIS: from a file, or the one that counts now with changes. Earlier cards are kept."""
    from recast.catalogue import Catalogue
    from recast.operations.card import CardAsked, state_card

    asked = CardAsked(file, policy or "", quota, contacts)
    _print(state_card(analysis, asked, Catalogue(), user_name(who), key), output)


@card.command("log", epilog="\b\nExample:\n  recast catalogue card log atlas-susy-2019-08")
@click.argument("analysis")
@output_option
def log(analysis: str, output: str) -> None:
    """Show all cards that were stated about ANALYSIS, oldest first."""
    from recast.catalogue import Catalogue
    from recast.operations.card import history

    rows = [said.as_json() for said in history(analysis, Catalogue())]
    emit(rows, rows, ("when", "who", "policy", "quota_core_hours", "contacts"), output)
    if not rows:
        message("nobody has stated a card here; recast catalogue card set ANALYSIS ...")


@card.command("words", epilog="\b\nExample:\n  recast catalogue card words --kind models")
@click.option("--kind", type=click.Choice(TAG_KINDS), help="Only words of this kind.")
@output_option
def words(kind: str | None, output: str) -> None:
    """List the vocabulary: the words that tags are made of, with their meanings."""
    from recast.operations.card import words as vocabulary

    rows = [row for row in vocabulary() if kind in (None, row["kind"])]
    emit(rows, rows, ("kind", "word", "means"), output)


def _print(said: SaidCard, output: str) -> None:
    document = said.as_json()
    if output != "table":
        emit(document, [document], tuple(document), output)
        return
    for line in _lines(said):
        say(line)


def _lines(said: SaidCard) -> Iterator[str]:
    card = said.card
    quota = f", {card.quota_core_hours:g} core-hours per requester in 30 days" if card.policy == "at-once" else ""
    yield f"{card.analysis}  requests: {card.policy}{quota}"
    for contact in card.contacts:
        yield f"  contact       {contact.name}{f' <{contact.email}>' if contact.email else ''}"
    for kind, tags in card.tags.items():
        yield f"  {kind:<13} {', '.join(tags) or 'none'}"
    if card.note:
        yield f"  note          {card.note}"
    words = {"shipped": "shipped with RECAST", "entry": "found in the entry; nobody has stated a card"}
    yield f"  stated        {words.get(said.source) or f'{said.when} by {said.who}, {said.signature}'}"
