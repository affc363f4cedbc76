"""What each event changes: one function a kind, from a request and an event to the request after it."""

from __future__ import annotations

from collections.abc import Callable

from recast.desk.applying.answers import ANSWERS
from recast.desk.applying.life import LIFE, drafted
from recast.desk.applying.people import PEOPLE
from recast.desk.applying.runs import RUNS
from recast.desk.model import Event, Request

__all__ = ["APPLY", "drafted"]


APPLY: dict[str, Callable[[Request, Event], Request]] = {**LIFE, **RUNS, **ANSWERS, **PEOPLE}
