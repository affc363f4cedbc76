"""What the service keeps: requests and their audit trail, work with leases, uploads, an index of the catalogue."""

from recast.ledger.faults import FactsOutdated, LeaseLost, LedgerUnavailable
from recast.ledger.ledger import Ledger
from recast.ledger.once import Once
from recast.ledger.pages import Page, Wanted
from recast.ledger.work import Lease

__all__ = ["FactsOutdated", "Lease", "LeaseLost", "Ledger", "LedgerUnavailable", "Once", "Page", "Wanted"]
