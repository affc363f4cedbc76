"""The texts of mails: short, without values, and without anything that the recipient could not read on the service.

A mail travels in the clear and is kept for ever: it names the request and what happened, and links to the rest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

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
    "version-cleared": "rests on a version that is simply published again: nothing is said against it any more",
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


def letter_of(
    letter: Letter, to: Address, sender: Address, base_url: str, requests: Mapping[str, Request]
) -> EmailMessage:
    """Return the mail to one person. `requests` has those of its notes, as the person may read them now."""
    lines = list(dict.fromkeys(_line(note, base_url, requests[note.request]) for note in letter.notes))
    shown = lines[:_MOST_LINES] + [f"... and {len(lines) - _MOST_LINES} more"] * (len(lines) > _MOST_LINES)
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = _subject(letter, requests)
    message["Message-ID"] = f"<{_name_of(letter)}@recast.invalid>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join(shown) + "\n\n-- \nRECAST. You get at most one digest a day, and a mail when it is "
                        "your turn.\n")  # fmt: skip
    return message


def _name_of(letter: Letter) -> str:
    """Return the same name for the same notes: who gets a letter twice, after a kill, has it once."""
    notes = [[note.person, note.id, note.request, note.event, note.text] for note in letter.notes]
    return hashlib.sha256(json.dumps(notes).encode()).hexdigest()[:40]


def _subject(letter: Letter, requests: Mapping[str, Request]) -> str:
    first = letter.notes[0]
    if len(letter.notes) > 1:
        return f"RECAST: {len(letter.notes)} news of your requests"
    request = requests[first.request]
    return f"RECAST: {_title(request)} {_words(first, request)}"


def _line(note: Note, base_url: str, request: Request) -> str:
    whose = "Your request" if request.owner == note.person else "The request"
    link = f"\n  {base_url}/requests/{request.id}" if base_url else f"\n  recast request show {request.id}"
    return f"{whose} {_title(request)} {_words(note, request)}.{link}"


def _words(note: Note, request: Request) -> str:
    turn = note.urgency == "now" and request.owner != note.person
    return WORDS.get(note.text, "has changed") + (_YOUR_TURN.get(note.text, "") if turn else "")


def _title(request: Request) -> str:
    title = one_line(request.title, _LONGEST_TITLE).strip()
    return f'"{title}"' if title else request.id
