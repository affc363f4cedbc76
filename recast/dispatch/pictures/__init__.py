"""What a driver tells of its run while it goes on: a summary and the steps that have changed, for the ledger.

The web process shows it and never opens a journal.
"""

from recast.dispatch.pictures.taking import Pictures

__all__ = ["Pictures"]
