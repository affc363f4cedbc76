"""Mail: once, in words that tell no values, and whatever the server does."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from recast.desk.facts import Facts
from recast.desk.model import Actor, Request
from recast.dispatch import mailing
from recast.dispatch.addresses import address_of, sender_of
from recast.dispatch.letters import WORDS, letter_of
from recast.dispatch.mailing import send_due
from recast.dispatch.settings import MailSettings
from recast.errors import InfrastructureError
from recast.ledger import Ledger, Wanted
from recast.ledger.outbox import Letter, Note, add_notes
from recast.ledger.people.roles import bond
from recast.ledger.people.users import user_of_provider

NOW = "2026-01-31T12:00:00Z"


class Sink:
    """A mail server that keeps what it gets, or refuses it."""

    hang_up_at = ""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.refuse = False

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        if self.refuse:
            return "451 try again later"
        if self.hang_up_at and self.hang_up_at.encode() in envelope.content:
            server.transport.abort()
            return "421 gone"
        from email import message_from_bytes
        from email.policy import default

        self.got.append(message_from_bytes(envelope.content, policy=default))
        return "250 kept"


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def mail(sink: Sink) -> Iterator[MailSettings]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    yield MailSettings("127.0.0.1", port, "RECAST <recast@example.org>", timeout_s=20)
    controller.stop()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        yield ledger


def submitted(ledger: Ledger, title: str = "Winos") -> tuple[Request, str]:
    """A request that waits for a contact, who gets mail."""
    with ledger.writing() as connection:
        owner = user_of_provider(connection, "https://idp", "1", "Thea", "thea@example.org", NOW).id
        contact = user_of_provider(connection, "https://idp", "2", "Carl", "carl@example.org", NOW).id
        bond(connection, "contact", contact, "plane-1", "test", NOW)
    facts = Facts(version="1.0.0", digest="sha256:" + "0" * 64)
    points = [{"coordinates": {"x": 1}}]
    document = {"analysis": "plane-1", "title": title, "audience": "public", "points": points}
    request = ledger.act(None, "draft", Actor(user=owner), document, facts=facts)
    return ledger.act(request.id, "submit", Actor(user=owner), {}, facts=facts), contact


def test_your_turn_is_told_at_once_and_once(ledger: Ledger, mail: MailSettings, sink: Sink) -> None:
    request, _ = submitted(ledger)
    assert send_due(ledger, mail, "https://desk.example.org", print) == 1
    assert send_due(ledger, mail, "https://desk.example.org", print) == 0
    (letter,) = sink.got
    assert letter["To"] == "Carl <carl@example.org>"
    assert letter["Subject"] == 'RECAST: "Winos" has been submitted: accept or decline it'
    assert f"https://desk.example.org/requests/{request.id}" in letter.get_content()


def test_what_was_refused_is_sent_later(ledger: Ledger, mail: MailSettings, sink: Sink) -> None:
    submitted(ledger)
    sink.refuse = True
    assert send_due(ledger, mail, "", print) == 0
    assert ledger.outbox.due() == [] and ledger.outbox.waiting() == 1
    sink.refuse = False
    later(ledger)
    assert send_due(ledger, mail, "", print) == 1


def test_a_server_that_hangs_costs_its_time_out_and_no_mail(ledger: Ledger) -> None:
    submitted(ledger)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        mail = MailSettings("127.0.0.1", port, "recast@example.org", timeout_s=1)
        with pytest.raises(InfrastructureError, match="mail server"):
            send_due(ledger, mail, "", print)
    assert ledger.outbox.waiting() == 1


def test_while_the_server_is_away_no_letter_is_tried(ledger: Ledger, mail: MailSettings, sink: Sink) -> None:
    submitted(ledger)
    gone = MailSettings("127.0.0.1", 1, mail.sender, timeout_s=1)
    for _ in range(30):  # more often than a letter is tried
        with pytest.raises(InfrastructureError):
            send_due(ledger, gone, "", print)
    assert send_due(ledger, mail, "", print) == 1


def test_a_letter_at_which_the_server_hangs_up_stops_no_other(
    ledger: Ledger, mail: MailSettings, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted(ledger, "Poison")
    submitted(ledger, "Winos")
    monkeypatch.setattr(sink, "hang_up_at", "Poison")
    with pytest.raises(InfrastructureError):
        send_due(ledger, mail, "", print)
    assert send_due(ledger, mail, "", print) == 1
    assert "Winos" in sink.got[0]["Subject"]


@pytest.mark.parametrize("address", ["foo@", "@x.org", "foo", "a@x, b@x", "foo@[", '"@x'])
def test_one_bad_address_stops_no_other_mail(ledger: Ledger, mail: MailSettings, sink: Sink, address: str) -> None:
    submitted(ledger)
    with ledger.writing() as connection:
        bad = user_of_provider(connection, "https://idp", "3", "Abe", address, NOW).id
        add_notes(connection, [(bad, "now", ledger.requests(Wanted(), Actor(machine=True)).items[0].id, 1, "invited")])
    assert send_due(ledger, mail, "", print) == 1
    assert ledger.outbox.due() == [] and [it["To"] for it in sink.got] == ["Carl <carl@example.org>"]


def test_a_letter_that_cannot_be_written_is_set_aside_and_said(
    ledger: Ledger, mail: MailSettings, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted(ledger, "Poison")
    submitted(ledger, "Winos")
    whole = letter_of

    def fails(letter: Letter, to: Address, sender: Address, base_url: str, requests: dict[str, Request]) -> Any:
        if any(it.title == "Poison" for it in requests.values()):
            raise IndexError("of some library")
        return whole(letter, to, sender, base_url, requests)

    monkeypatch.setattr(mailing, "letter_of", fails)
    said: list[str] = []
    assert send_due(ledger, mail, "", said.append) == 1
    assert ledger.outbox.due() == [] and ledger.outbox.waiting() == 1
    assert "set aside: IndexError" in said[0]


def test_a_bad_sender_loses_no_letter(ledger: Ledger, mail: MailSettings) -> None:
    submitted(ledger)
    assert send_due(ledger, replace(mail, sender="RECAST desk"), "", print) == 0
    assert ledger.outbox.waiting() == 1


def test_two_that_send_mail_send_each_letter_once(ledger: Ledger) -> None:
    submitted(ledger)
    (first,), (second,) = ledger.outbox.due(), ledger.outbox.due()
    assert [ledger.outbox.claim(first), ledger.outbox.claim(second)] == [True, False]
    later(ledger)  # the one who had it was killed
    (third,) = ledger.outbox.due()
    assert ledger.outbox.claim(third)
    assert third == first


def test_a_letter_that_is_written_twice_has_one_id() -> None:
    assert letter("x")["Message-ID"] == letter("x")["Message-ID"]
    assert letter("x", request="q2")["Message-ID"] != letter("x")["Message-ID"]


def test_what_somebody_may_read_no_more_is_not_told(ledger: Ledger, mail: MailSettings, sink: Sink) -> None:
    request, contact = submitted(ledger, "Public")
    with ledger.writing() as connection:
        bob = user_of_provider(connection, "https://idp", "3", "Bob", "bob@example.org", NOW).id
        add_notes(connection, [(bob, "digest", request.id, 2, "submitted")])
    owner = Actor(user=request.owner)
    ledger.act(request.id, "publish", owner, {"audience": "private"}, facts=Facts())
    ledger.act(request.id, "amend", owner, {"title": "Secret"}, facts=Facts())
    send_due(ledger, mail, "", print)
    assert {it["To"] for it in sink.got} == {"Carl <carl@example.org>"} and contact
    assert not [note for note in ledger.outbox.due() if note.person == bob]


def test_whom_no_mail_reaches_is_done(ledger: Ledger, mail: MailSettings, sink: Sink) -> None:
    _, contact = submitted(ledger)
    with ledger.writing() as connection:
        user_of_provider(connection, "https://idp", "2", "Carl", "", NOW)
    assert send_due(ledger, mail, "", print) == 0
    assert ledger.outbox.waiting() == 0 and sink.got == [] and contact


def later(ledger: Ledger) -> None:
    """Let a day go by."""
    ledger.outbox._now = lambda: time.time() + 86400


def letter(title: str, address: str = "a@example.org", name: str = "A", request: str = "q1") -> EmailMessage:
    found = Request(request, 1, "submitted", "u1", "public", title=title)
    note = Note(1, "u2", "now", request, 1, "submitted", 0)
    sender = sender_of("recast@example.org")
    return letter_of(Letter("u2", (note,)), address_of(address, name), sender, "", {request: found})


def test_a_title_is_no_header() -> None:
    found = letter("x\r\nBcc: evil@example.org\u202e", name="A\r\nBcc: evil@example.org")
    assert found["Bcc"] is None
    assert "\nBcc" not in found.as_string()
    assert "\u202e" not in found.get_content()


@pytest.mark.parametrize("address", ["", "a@x, b@x", "a@x\r\nBcc: b@x", "<a@x>", "a b@x", "foo@", "@x.org", "foo"])
def test_an_address_is_one_address(address: str) -> None:
    with pytest.raises(ValueError):
        letter("x", address)


def test_there_are_words_for_everything_that_is_told() -> None:
    from recast.desk.told import TOLD

    assert set(TOLD) <= set(WORDS)
