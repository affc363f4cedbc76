"""What somebody asks for, read with care: texts of bounded length, names of points and answers that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from recast.desk.facts import Facts
from recast.desk.model import Actor, Answer, Point, Request
from recast.desk.places import place_of
from recast.errors import InputError
from recast.json_types import JsonObject

__all__ = ["LONGEST_TEXT", "Asked", "fault_of_text"]

LONGEST_TEXT = 10_000
"""The longest reason or comment, in characters."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Asked:
    """One action that was asked for: on what, by whom, when, with which data, and what the service knows."""

    on: Request | None
    actor: Actor
    now: str
    data: JsonObject
    facts: Facts

    @property
    def request(self) -> Request:
        """The request, which every action but `draft` has."""
        assert self.on is not None
        return self.on

    def text(self, key: str, *, needed: bool = False, most: int = LONGEST_TEXT, lines: bool = True) -> str:
        """Return a text of the data; raises InputError if it is none, too long, or missing although needed."""
        found = self.data.get(key)
        if found is None or found == "":
            if needed:
                raise wrong(f"It needs a `{key}`")
            return ""
        if fault := fault_of_text(found, most, lines=lines):
            raise wrong(f"`{key}` {fault}")
        return str(found).replace("\r\n", "\n").strip()

    def point(self) -> Point:
        """Return the point that the data name; raises InputError if the request has none of that id."""
        wanted = self.text("point", needed=True, most=20, lines=False)
        try:
            return self.request.points[place_of(self.request.points, wanted)]
        except KeyError:
            raise wrong(f"The request has no point `{wanted}`") from None

    def names(self, key: str) -> frozenset[str] | None:
        """Return the ids in a list of the data, None if it is not given."""
        found = self.data.get(key)
        if found is None:
            return None
        if not isinstance(found, (list, tuple)) or not all(isinstance(name, str) for name in found):
            raise wrong(f"`{key}` is not a list of ids")
        return frozenset(found)

    def next_answer(self) -> str:
        """Return the id of the next answer: they count through the whole request."""
        return f"a{sum(len(point.answers) for point in self.request.points) + 1}"

    def answers(self) -> Iterator[Answer]:
        """Yield all answers to all points, in order."""
        for point in self.request.points:
            yield from point.answers


def fault_of_text(found: object, most: int, *, lines: bool = False) -> str:
    """Return what is wrong with a text from outside, or an empty text: too long, with control characters, or with
    several lines unless `lines` may be.
    """
    if not isinstance(found, str):
        return "is not a text"
    if len(found) > most:
        return f"has {len(found)} characters, more than {most}"
    if not lines and "\n" in found.strip():
        return "has more than one line"
    if match := _CONTROL.search(found.replace("\r\n", "\n")):
        return f"holds an invisible character (U+{ord(match[0]):04X})"
    return ""


def wrong(what: str) -> InputError:
    """Return the error for data of an action that cannot be used."""
    return InputError(what, next_step="recast help request.invalid", code="request.invalid")
