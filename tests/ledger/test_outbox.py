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
            clock.now += 60 if clock.now - before < 300 else 1800
        waits.append(clock.now - before)

    assert waits[:3] == [60, 120, 240]
    assert len(waits) == 24 and sum(waits) > 3 * 86400
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


def test_one_of_two_gets_a_letter_and_the_other_none(ledger: Ledger, clock: Clock) -> None:
    noted(ledger, ("anna", "digest"))
    (first,) = ledger.outbox.due()
    assert ledger.outbox.claim(first) and not ledger.outbox.claim(first)

    noted(ledger, ("anna", "digest"))  # while the first digest is on its way there is no second one
    assert ledger.outbox.due() == []
    ledger.outbox.sent(first)
    assert ledger.outbox.due() == []
    clock.now += 86401
    assert len(ledger.outbox.due()) == 1


def test_a_letter_with_one_new_note_is_not_claimed_by_halves(ledger: Ledger) -> None:
    noted(ledger, ("anna", "digest"))
    (first,) = ledger.outbox.due()
    noted(ledger, ("anna", "digest"))
    (both,) = ledger.outbox.due()
    assert ledger.outbox.claim(first) and not ledger.outbox.claim(both)
    ledger.outbox.put_off(first, 0)
    assert ledger.outbox.due() == [both]


def test_a_clock_that_was_set_back_delays_nothing_for_long(ledger: Ledger, clock: Clock) -> None:
    noted(ledger, ("anna", "digest"), ("bob", "now"))
    for letter in ledger.outbox.due():
        assert ledger.outbox.claim(letter)
    clock.now -= 10 * 86400
    assert len(ledger.outbox.due()) == 2


def test_what_was_not_sent_for_a_month_is_no_news(ledger: Ledger, clock: Clock) -> None:
    with ledger.writing() as connection:
        add_notes(connection, [("anna", "now", "q1", 1, "commented")], clock.now)
    assert len(ledger.outbox.due()) == 1
    clock.now += 31 * 86400
    assert ledger.outbox.due() == []
