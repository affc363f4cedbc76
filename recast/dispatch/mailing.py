"""Sends the mail of the outbox, in a process of its own: a mail server that hangs stops nothing but the mail.

A letter is marked as sent after the server has taken it: a kill in between sends it twice rather than never, and its
Message-ID lets a reader's program see that. What cannot be sent is tried again, each time after a longer while.
"""

from __future__ import annotations

import json
import smtplib
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from email.message import EmailMessage
from pathlib import Path
from typing import Self

from recast.dispatch.letters import letter_of
from recast.dispatch.settings import MailSettings
from recast.dispatch.spoken import say
from recast.errors import NotFound, RecastError
from recast.ledger import Ledger, LedgerUnavailable
from recast.ledger.outbox import Letter
from recast.ledger.people.users import find_user
from recast.worker.processes.proctree import die_with_parent

__all__ = ["Mailing", "send_due"]

_EVERY_S, _AGAIN_S = 2.0, 10.0
_MOST_AT_ONCE = 50


class Mailing:
    """The process that sends mail, started again if it ends; none without a mail server."""

    def __init__(self, database: str, mail: MailSettings, base_url: str, say: Callable[[str], None]) -> None:
        self._order = json.dumps({"database": database, "mail": asdict(mail), "base_url": base_url})
        self._wanted, self._say = bool(mail.host), say
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0

    def __enter__(self) -> Self:
        """Return itself; the process ends with the block."""
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def check(self) -> None:
        """Start the process if it should be there and is not."""
        if self._process is not None and self._process.poll() is not None:
            self._say(f"the process that sends mail ended with {self._process.returncode}")
            self._process = None
        if self._wanted and self._process is None and time.monotonic() >= self._not_before:
            self._not_before = time.monotonic() + _AGAIN_S
            self._process = subprocess.Popen(
                [sys.executable, "-m", "recast.dispatch.mailing"],
                stdin=subprocess.PIPE,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
            assert self._process.stdin is not None
            with self._process.stdin as order:
                order.write(self._order.encode() + b"\n")


def send_due(ledger: Ledger, mail: MailSettings, base_url: str, say: Callable[[str], None]) -> int:
    """Send the letters that are due; return how many were sent. Raises LedgerUnavailable."""
    letters = ledger.outbox.due(_MOST_AT_ONCE)
    written = [(letter, found) for letter in letters if (found := _written(ledger, letter, mail, base_url, say))]
    if not written:
        return 0
    sent = 0
    try:
        with _server(mail) as server:
            for letter, message in written:
                sent += _send(ledger, server, letter, message, say)
    except (OSError, smtplib.SMTPException) as problem:
        say(f"mail: {type(problem).__name__}: {problem}")
        for letter, _ in written[sent:]:
            ledger.outbox.failed(letter)
    return sent


def _send(
    ledger: Ledger, server: smtplib.SMTP, letter: Letter, message: EmailMessage, say: Callable[[str], None]
) -> bool:
    try:
        server.send_message(message)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, smtplib.SMTPNotSupportedError) as problem:
        say(f"mail to {letter.person} was refused: {type(problem).__name__}")
        ledger.outbox.failed(letter)
        return False
    ledger.outbox.sent(letter)
    return True


def _written(
    ledger: Ledger, letter: Letter, mail: MailSettings, base_url: str, say: Callable[[str], None]
) -> EmailMessage | None:
    """Return a letter as a mail; None, and the letter is done, for somebody whom no mail can reach."""
    try:
        with ledger.reading() as connection:
            person = find_user(connection, letter.person)
        if person.email and not person.blocked:
            return letter_of(letter, person.name, person.email, mail.sender, base_url, ledger.request)
    except NotFound:
        say(f"mail to {letter.person}: there is no such user, or no such request")
    except ValueError as problem:
        say(f"mail to {letter.person}: {problem}")
    ledger.outbox.sent(letter)
    return None


def _server(mail: MailSettings) -> smtplib.SMTP:
    """Connect and log in; every answer of the server must come within the time-out."""
    trust = ssl.create_default_context()
    if mail.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.port, timeout=mail.timeout_s, context=trust)
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=mail.timeout_s)
    if mail.security == "starttls":
        server.starttls(context=trust)
    if mail.user:
        server.login(mail.user, Path(mail.password_file).read_text("utf-8").strip())
    return server


def main() -> None:
    """Send mail until killed."""
    order = json.loads(sys.stdin.readline())
    mail = MailSettings(**order["mail"])
    with Ledger(order["database"]) as ledger:
        while True:
            try:
                send_due(ledger, mail, order["base_url"], say)
            except LedgerUnavailable as problem:
                say(f"{problem}; {problem.why}")
            except RecastError as problem:
                say(f"mail: {problem}; {problem.why}")
            time.sleep(_EVERY_S)


if __name__ == "__main__":
    main()
