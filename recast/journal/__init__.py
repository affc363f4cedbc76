"""The append-only log of a run, and the lock that lets one driver write it."""

from recast.journal.journal import Journal, Record, is_begun
from recast.journal.lock import RunLock

__all__ = ["Journal", "Record", "RunLock", "is_begun"]
