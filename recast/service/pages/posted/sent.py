"""What a form has sent, read as strictly as every other body of a stranger: names with texts, and files. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from recast.errors import InputError, RecastError, UsageError
from recast.service.pages.posted.multipart import boundary_of, parts_of

__all__ = ["MOST_FIELDS", "MOST_FILES", "Sent", "SentFile", "read_sent"]

MOST_FIELDS = 3000
MOST_FILES = 50
_LONGEST_NAME = 200
_BY_LINE, _BY_PART = "application/x-www-form-urlencoded", "multipart/form-data"


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that somebody chose: its name as they have it, which is no path of ours, and its bytes."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sent:
    """The fields of a form, in their order; a name may have many texts. Ends of lines are those of this machine."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, tuple[SentFile, ...]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return the last text of a name as it was typed; empty if there is none."""
        return self.fields.get(name, ("",))[-1]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return all texts of a name."""
        return self.fields.get(name, ())

    def pairs(self) -> Iterable[tuple[str, str]]:
        """Yield name and text of each field."""
        return ((name, text) for name, texts in self.fields.items() for text in texts)

    @property
    def digest(self) -> bytes:
        """A digest of all of it: the same however a browser has wrapped it."""
        files = [
            [name, it.name, hashlib.sha256(it.content).hexdigest()] for name, many in self.files.items() for it in many
        ]
        return hashlib.sha256(json.dumps([[*self.pairs()], files]).encode()).digest()


def read_sent(content_type: str, body: bytes) -> Sent:
    """Return what a form has sent; `body` is bounded by its route. Raises InputError for another kind of body, and
    UsageError for one that is broken or has too many fields.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in (_BY_LINE, _BY_PART):
        raise _another_kind()
    try:
        return _by_part(content_type, body) if kind == _BY_PART else _by_line(body)
    except ValueError as problem:  # a UnicodeError is one, too
        raise _broken(str(problem)) from None


def _by_line(body: bytes) -> Sent:
    text = body.decode("ascii")
    return Sent(_grouped(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")))


def _by_part(content_type: str, body: bytes) -> Sent:
    texts: list[tuple[str, str]] = []
    files: dict[str, tuple[SentFile, ...]] = {}
    for part in parts_of(body, boundary_of(content_type), MOST_FIELDS + MOST_FILES):
        if part.file is None:
            texts.append((part.name, part.content.decode()))
        elif part.file or part.content:  # a field for a file in which nothing was chosen has neither
            files[_name(part.name)] = (*files.get(part.name, ()), SentFile(part.file[-_LONGEST_NAME:], part.content))
    if len(texts) > MOST_FIELDS or sum(map(len, files.values())) > MOST_FILES:
        raise ValueError(f"it has more than {MOST_FIELDS} fields or {MOST_FILES} files")
    return Sent(_grouped(texts), files)


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name, text in pairs:
        if "\0" in text:
            raise ValueError("a text holds the character NUL")
        found.setdefault(_name(name), []).append(text.replace("\r\n", "\n").replace("\r", "\n"))
    return {name: tuple(texts) for name, texts in found.items()}


def _name(name: str) -> str:
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise ValueError("the name of a field is too long, or holds invisible characters")
    return name


def _another_kind() -> InputError:
    return InputError(
        "This is not a filled form",
        where="Content-Type",
        why=f"Forms come as {_BY_LINE} or {_BY_PART}.",
        next_step="programs use the API: GET /api/v1/openapi.json describes it",
        code="service.media-type",
    )


def _broken(why: str) -> RecastError:
    return UsageError(
        "This is not a filled form", why=why[:300], next_step="go back, and send it again", code="service.unreadable"
    )
