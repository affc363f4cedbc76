"""Mail: at once if it is somebody's turn, otherwise once a day; tried again, and sent once."""

from __future__ import annotations

from recast.ledger import Ledger
from recast.ledger.outbox import add_notes
from tests.ledger.conftest import Clock


def noted(ledger: Ledger, *notes: tuple[str, str]) -> None:
    with ledger.writing() as connection:
        add_notes(connection, [(person, urgency, "q1", 1, "commented") for person, urgency in notes])


def test_a_day_brings_one_digest_and_what_is_urgent_comes_at_once(ledger: Ledger, clock: Clock) -> None:
    noted(ledger, ("anna", "digest"), ("anna", "digest"), ("anna", "now"), ("bob", "digest"))
    letters = ledger.outbox.due()
    assert sorted((letter.person, len(letter.notes)) for letter in letters) == [("anna", 1), ("anna", 2), ("bob", 1)]
    for letter in letters:
        ledger.outbox.sent(letter)

    clock.now += 3600
    noted(ledger, ("anna", "digest"), ("anna", "now"))
    assert [(it.person, it.notes[0].urgency) for it in ledger.outbox.due()] == [("anna", "now")]
    clock.now += 86400
    assert sorted(it.notes[0].urgency for it in ledger.outbox.due()) == ["digest", "now"]


def test_what_cannot_be_sent_is_tried_again_ever_later_and_at_last_given_up(ledger: Ledger, clock: Clock) -> None:
    noted(ledger, ("anna", "now"))
    waits = []
    while letters := ledger.outbox.due():
        ledger.outbox.failed(letters[0])
        before = clock.now
        while not ledger.outbox.due() and clock.now - before < 1e5:
            clock.now += 60
        waits.append(clock.now - before)

    assert waits[:3] == [60, 120, 240]
    assert len(waits) == 10
    assert ledger.outbox.waiting() == 1


def test_what_was_sent_is_not_sent_again(ledger: Ledger) -> None:
    noted(ledger, ("anna", "now"))
    (letter,) = ledger.outbox.due()
    ledger.outbox.sent(letter)
    assert ledger.outbox.due() == [] and ledger.outbox.waiting() == 0


def test_a_clock_that_was_set_back_keeps_nothing_from_being_sent(ledger: Ledger, clock: Clock) -> None:
    noted(ledger, ("anna", "digest"), ("bob", "now"))
    for letter in ledger.outbox.due():
        ledger.outbox.sent(letter) if letter.person == "anna" else ledger.outbox.failed(letter)
    clock.now -= 86400
    noted(ledger, ("anna", "digest"))
    assert sorted(letter.person for letter in ledger.outbox.due()) == ["anna", "bob"]
