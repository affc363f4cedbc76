"""When a version is deprecated or withdrawn, every answer that rests on it says so, and its people are told."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from recast.desk.caveat import caveat_of
from recast.desk.model import MACHINE
from recast.desk.refusals import MovedOn
from recast.ledger.catalogue.records import VersionRecord

if TYPE_CHECKING:
    from recast.ledger.ledger import Ledger

__all__ = ["warn", "warn_of"]


def warn_of(ledger: Ledger, version: VersionRecord) -> None:
    """Mark the answers that rest on a version with what the catalogue says of it. Twice changes nothing more."""
    warn(ledger, version.digest, caveat_of(f"{version.analysis}@{version.version}", version.status, version.reason))


def warn(ledger: Ledger, digest: str, caveat: str) -> None:
    """Mark the answers that rest on a version of an analysis; an empty caveat says that it is well again."""
    for name in ledger.resting_on(digest):
        with suppress(MovedOn):  # without answers: whoever decides about it sees what the catalogue says
            ledger.act(name, "warn", MACHINE, {"digest": digest, "caveat": caveat})
