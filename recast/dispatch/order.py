"""What a child process is told: which work it has, and how the site wants it done. It goes by stdin, never by argv.

And what it says in the end, by its exit code.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields

from recast.dispatch.settings import DispatchSettings
from recast.ledger.work import Lease

__all__ = ["ENDED", "LEFT", "LOST", "ChildOrder"]

ENDED, LEFT, LOST = 0, 75, 76
"""Exit codes: the work is done or given back; it goes on with the next start; it is somebody else's. All others say
nothing about the work.
"""


@dataclass(frozen=True, slots=True)
class ChildOrder:
    """One piece of work for one child, whose messages go to the file `log`.

    The URL of the database may hold a password.
    """

    database: str
    lease: Lease
    settings: DispatchSettings
    log: str = ""

    def as_text(self) -> str:
        """Return the order as one line of JSON."""
        lease = {it.name: getattr(self.lease, it.name) for it in fields(Lease)}
        about = {"database": self.database, "log": self.log}
        return json.dumps({**about, "lease": lease, "settings": asdict(self.settings)})

    @classmethod
    def of_text(cls, text: str) -> ChildOrder:
        """Read an order."""
        body = json.loads(text)
        return cls(body["database"], Lease(**body["lease"]), DispatchSettings(**body["settings"]), body["log"])
