"""Mail: once, in words that tell no values, and whatever the server does."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from recast.desk.facts import Facts
from recast.desk.model import Actor, Request
from recast.dispatch.letters import WORDS, letter_of
from recast.dispatch.mailing import send_due
from recast.dispatch.settings import MailSettings
from recast.ledger import Ledger
from recast.ledger.outbox import Letter, Note
from recast.ledger.people.roles import bond
from recast.ledger.people.users import user_of_provider

NOW = "2026-01-31T12:00:00Z"


class Sink:
    """A mail server that keeps what it gets, or refuses it."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.refuse = False

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.refuse:
            return "451 try again later"
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
    ledger.outbox._now = lambda: 4e9
    assert send_due(ledger, mail, "", print) == 1


def test_a_server_that_hangs_costs_its_time_out_and_no_mail(ledger: Ledger) -> None:
    submitted(ledger)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        mail = MailSettings("127.0.0.1", port, "recast@example.org", timeout_s=1)
        assert send_due(ledger, mail, "", print) == 0
    assert ledger.outbox.waiting() == 1


def test_whom_no_mail_reaches_is_done(ledger: Ledger, mail: MailSettings, sink: Sink) -> None:
    _, contact = submitted(ledger)
    with ledger.writing() as connection:
        user_of_provider(connection, "https://idp", "2", "Carl", "", NOW)
    assert send_due(ledger, mail, "", print) == 0
    assert ledger.outbox.waiting() == 0 and sink.got == [] and contact


def letter(title: str, address: str = "a@example.org", name: str = "A") -> EmailMessage:
    request = Request("q1", 1, "submitted", "u1", "public", title=title)
    note = Note(1, "u2", "now", "q1", 1, "submitted", 0)
    return letter_of(Letter("u2", (note,)), name, address, "recast@example.org", "", lambda _: request)


def test_a_title_is_no_header() -> None:
    found = letter("x\r\nBcc: evil@example.org\u202e", name="A\r\nBcc: evil@example.org")
    assert found["Bcc"] is None
    assert "\nBcc" not in found.as_string()
    assert "\u202e" not in found.get_content()


@pytest.mark.parametrize("address", ["", "a@x, b@x", "a@x\r\nBcc: b@x", "<a@x>", "a b@x"])
def test_an_address_is_one_address(address: str) -> None:
    with pytest.raises(ValueError):
        letter("x", address)


def test_there_are_words_for_everything_that_is_told() -> None:
    from recast.desk.told import TOLD

    assert set(TOLD) <= set(WORDS)
