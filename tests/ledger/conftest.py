"""Ledgers for tests, on SQLite and on the real PostgreSQL alike, with a clock that the test sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from recast.ledger import Ledger
from tests.testbeds.postgres.fixture import *  # noqa: F403


@dataclass
class Clock:
    """The time that a ledger is told."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(url: str, clock: Clock) -> Iterator[Ledger]:
    """An empty ledger."""
    with Ledger(url, clock) as ledger:
        yield ledger
