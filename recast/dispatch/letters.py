"""The texts of mails: short, without values, and without anything that the recipient could not read on the service.

A mail travels in the clear and is kept for ever: it names the request and what happened, and links to the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid, parseaddr

from recast.desk.model import Request
from recast.ledger.outbox import Letter, Note
from recast.terminal_safe import one_line

__all__ = ["WORDS", "letter_of"]

WORDS = {
    "submitted": "has been submitted",
    "amended": "was changed by its requester",
    "accepted": "was accepted",
    "declined": "was declined",
    "withdrawn": "was withdrawn",
    "reminded": "still waits for somebody to accept or decline it",
    "expired": "has expired: nobody decided in time",
    "completed": "has all its answers",
    "run-ended": "has a run that ended",
    "point-answered": "got an answer from somebody",
    "rejected": "had answers rejected in review",
    "released": "has released answers",
    "version-warned": "rests on a version that has been deprecated or withdrawn",
    "rerun-asked": "is run again on a newer version",
    "commented": "was commented on",
    "claimed": "was claimed by somebody who sees to it",
    "unclaimed": "is no longer claimed by anybody",
    "archived": "names a search that is archived now",
    "invited": "was opened to you",
    "audience-changed": "has another audience now",
}
"""What is said of an event, by its kind, after `Your request "title"` or `The request "title"`."""

_YOUR_TURN = {"submitted": ": accept or decline it", "completed": ": review them"}
"""What is added for whoever is told at once, unless the request is their own."""

_MOST_LINES = 100
_LONGEST_TITLE = 80

Find = Callable[[str], Request]


def letter_of(letter: Letter, name: str, address: str, sender: str, base_url: str, find: Find) -> EmailMessage:
    """Return the mail to one person; raises ValueError for an address that is none."""
    lines = list(dict.fromkeys(_line(note, letter.person, base_url, find) for note in letter.notes))
    shown = lines[:_MOST_LINES] + [f"... and {len(lines) - _MOST_LINES} more"] * (len(lines) > _MOST_LINES)
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(sender)
    message["To"] = Address(display_name=one_line(name, 100), addr_spec=_plain(address))
    message["Subject"] = _subject(letter, find)
    message["Message-ID"] = make_msgid(domain="recast.invalid")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join(shown) + "\n\n-- \nRECAST. You get at most one digest a day, and a mail when it is "
                        "your turn.\n")  # fmt: skip
    return message


def _subject(letter: Letter, find: Find) -> str:
    first = letter.notes[0]
    if len(letter.notes) > 1:
        return f"RECAST: {len(letter.notes)} news of your requests"
    return f"RECAST: {_title(first, find)} {_words(first, letter.person, find)}"


def _line(note: Note, person: str, base_url: str, find: Find) -> str:
    whose = "Your request" if find(note.request).owner == person else "The request"
    link = f"\n  {base_url}/requests/{note.request}" if base_url else f"\n  recast request show {note.request}"
    return f"{whose} {_title(note, find)} {_words(note, person, find)}.{link}"


def _words(note: Note, person: str, find: Find) -> str:
    turn = note.urgency == "now" and find(note.request).owner != person
    return WORDS.get(note.text, "has changed") + (_YOUR_TURN.get(note.text, "") if turn else "")


def _title(note: Note, find: Find) -> str:
    title = one_line(find(note.request).title, _LONGEST_TITLE).strip()
    return f'"{title}"' if title else note.request


def _address(text: str) -> Address:
    name, address = parseaddr(text)
    return Address(display_name=name, addr_spec=_plain(address))


def _plain(address: str) -> str:
    """Return an address; raise ValueError for what could be a header, or several addresses."""
    if not address or any(it.isspace() or it in ',;<>"' or not it.isprintable() for it in address):
        raise ValueError(f"{address!r:.100} is not an address")
    return address
