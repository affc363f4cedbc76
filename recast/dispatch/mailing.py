"""Sends the mail of the outbox, in a process of its own: a mail server that hangs stops nothing but the mail.

Each dispatcher has one, and a letter is claimed by whoever sends it. It is marked as sent after the server has taken
it: a kill in between sends it twice rather than never, with the same Message-ID. What is refused is tried again, each
time after a longer while, for some days; while the server is away, letters wait and none is tried.
"""

from __future__ import annotations

import json
import smtplib
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, replace
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Self

from recast.desk.may import may
from recast.desk.model import Request
from recast.dispatch.addresses import address_of, sender_of
from recast.dispatch.letters import letter_of
from recast.dispatch.settings import MailSettings
from recast.dispatch.spoken import say
from recast.errors import InfrastructureError, NotFound, RecastError
from recast.ledger import Ledger, LedgerUnavailable
from recast.ledger.outbox import Letter
from recast.ledger.people.roles import actor_of_user
from recast.ledger.people.users import find_user
from recast.ledger.stored import head
from recast.worker.processes.proctree import die_with_parent

__all__ = ["Mailing", "send_due"]

_EVERY_S, _AGAIN_S = 2.0, 10.0
_LONGEST_PAUSE_S, _HUNG_UP_S = 300.0, 900.0
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
            with suppress(BrokenPipeError), self._process.stdin as order:  # it has ended: the next check says so
                order.write(self._order.encode() + b"\n")


def send_due(ledger: Ledger, mail: MailSettings, base_url: str, say: Callable[[str], None]) -> int:
    """Send the letters that are due; return how many were sent.

    Raises LedgerUnavailable; InfrastructureError if the server cannot be used, which is no fault of any letter.
    """
    sent = 0
    with ExitStack() as stack:
        server: smtplib.SMTP | None = None
        for letter in ledger.outbox.due(_MOST_AT_ONCE):
            if not ledger.outbox.claim(letter):  # another dispatcher's process has it
                continue
            message = _written(ledger, letter, mail, base_url, say)
            if message is None:
                continue
            try:
                server = server or stack.enter_context(_closing(_server(mail)))
            except (OSError, ValueError, smtplib.SMTPException) as problem:
                ledger.outbox.put_off(letter, 0.0)
                raise _unusable(mail, problem) from problem
            sent += _send(ledger, server, letter, message, mail, say)
    return sent


def _send(
    ledger: Ledger,
    server: smtplib.SMTP,
    letter: Letter,
    message: EmailMessage,
    mail: MailSettings,
    say: Callable[[str], None],
) -> bool:
    try:
        server.send_message(message)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, smtplib.SMTPNotSupportedError) as problem:
        say(f"mail to {letter.person} was refused: {type(problem).__name__}")
        ledger.outbox.failed(letter, _plain(problem))
        return False
    except (OSError, smtplib.SMTPException) as problem:
        # Should it be this letter at which the server hangs up, the others are sent before it comes again.
        ledger.outbox.put_off(letter, _HUNG_UP_S)
        raise _unusable(mail, problem) from problem
    except Exception as problem:  # no server will ever take it
        _set_aside(ledger, letter, problem, say)
        return False
    ledger.outbox.sent(letter)
    return True


def _written(
    ledger: Ledger, letter: Letter, mail: MailSettings, base_url: str, say: Callable[[str], None]
) -> EmailMessage | None:
    """Return a letter as a mail; None, and the letter is done, if there is nobody whom it can reach.

    What the person may not read any more is left out. A letter that cannot be written stops no other one.
    """
    try:
        to, requests = _reader(ledger, letter)
        notes = tuple(note for note in letter.notes if note.request in requests)
        if to is not None and notes:
            return letter_of(replace(letter, notes=notes), to, sender_of(mail.sender), base_url, requests)
    except NotFound:
        say(f"mail to {letter.person}: there is no such user")
    except LedgerUnavailable:
        raise
    except Exception as problem:
        _set_aside(ledger, letter, problem, say)
        return None
    ledger.outbox.sent(letter)
    return None


def _reader(ledger: Ledger, letter: Letter) -> tuple[Address | None, dict[str, Request]]:
    """Return the address of a person, None if no mail may or can reach them, and the requests that they may read."""
    with ledger.reading() as connection:
        person = find_user(connection, letter.person)
        actor = actor_of_user(connection, letter.person)
        heads = {name: head(connection, name) for name in {note.request for note in letter.notes}}
    requests = {name: found for name, found in heads.items() if found is not None and may(actor, "read", found).yes}
    try:
        to = address_of(person.email, person.name) if person.email and not person.blocked else None
    except ValueError:  # of a provider that takes anything for an address
        to = None
    return to, requests


def _set_aside(ledger: Ledger, letter: Letter, problem: Exception, say: Callable[[str], None]) -> None:
    say(f"mail to {letter.person} is set aside: {type(problem).__name__}: {problem}")
    ledger.outbox.set_aside(letter, f"cannot be sent: {type(problem).__name__}")


def _plain(problem: smtplib.SMTPException) -> str:
    """Return why a server refused a letter, without the address that its words name."""
    codes = {code for code, _ in getattr(problem, "recipients", {}).values()} or {getattr(problem, "smtp_code", "")}
    return f"{type(problem).__name__} {' '.join(sorted(map(str, codes)))}".strip()


def _unusable(mail: MailSettings, problem: Exception) -> InfrastructureError:
    return InfrastructureError(
        "The mail server cannot be used",
        where=f"{mail.host}:{mail.port}",
        why=f"{type(problem).__name__}: {problem}",
        next_step="see that it runs, and that [mail] of the configuration is right; no mail was lost",
    )


@contextmanager
def _closing(server: smtplib.SMTP) -> Iterator[smtplib.SMTP]:
    """Say good-bye to a server at the end, if it is still there to hear it."""
    try:
        yield server
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()


def _server(mail: MailSettings) -> smtplib.SMTP:
    """Connect and log in; every answer of the server must come within the time-out."""
    trust = ssl.create_default_context()
    if mail.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.port, timeout=mail.timeout_s, context=trust)
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=mail.timeout_s)
    try:
        if mail.security == "starttls":
            server.starttls(context=trust)
        if mail.user:
            server.login(mail.user, Path(mail.password_file).read_text("utf-8").strip())
    except BaseException:
        server.close()
        raise
    return server


def main() -> None:
    """Send mail until killed: nothing that goes wrong ends it, and the longer the server is away, the rarer it asks."""
    order = json.loads(sys.stdin.readline())
    mail = MailSettings(**order["mail"])
    pause_s = _EVERY_S
    with Ledger(order["database"]) as ledger:
        while True:
            try:
                send_due(ledger, mail, order["base_url"], say)
                pause_s = _EVERY_S
            except Exception as problem:
                why = problem.why if isinstance(problem, RecastError) else type(problem).__name__
                say(f"mail: {problem}; {why}")
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            time.sleep(pause_s)


if __name__ == "__main__":
    main()
