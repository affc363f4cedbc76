"""When a version is deprecated or withdrawn, every answer that rests on it says so, and its people are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recast.desk.caveat import caveat_of
from recast.desk.model import Actor
from recast.desk.refusals import MovedOn
from recast.ledger.catalogue.records import VersionRecord

if TYPE_CHECKING:
    from recast.ledger.ledger import Ledger

__all__ = ["warn_of"]


def warn_of(ledger: Ledger, version: VersionRecord) -> int:
    """Mark the answers that rest on a version; return how many requests have changed. Twice changes nothing more."""
    caveat = caveat_of(f"{version.analysis}@{version.version}", version.status, version.reason)
    data = {"digest": version.digest, "caveat": caveat}
    changed = 0
    for name in ledger.resting_on(version.digest):
        before = ledger.request(name)
        try:
            changed += ledger.act(name, "warn", Actor(machine=True), data).version > before.version
        except MovedOn:  # without answers: whoever decides about it sees what the catalogue says
            continue
    return changed
