"""Back-ups: ledger, uploads, journals and answers at one instant in one file, for any database."""

from recast.ledger.backup.restore import Restored, restore
from recast.ledger.backup.take import BackedUp, back_up

__all__ = ["BackedUp", "Restored", "back_up", "restore"]
