"""The table of faults: what was done to an engine how often, and what became of the runs.

Each test adds its lines to the file that RECAST_FAULT_TABLE names (JSON, one object a line) and to its own output.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["Faults"]


@dataclass
class Faults:
    """One kind of fault: times tried, runs that ended right, results lost, steps counted twice."""

    engine: str
    fault: str
    tried: int = 0
    right: int = 0
    lost: int = 0
    duplicates: int = 0

    def count(self, lost: int, duplicates: int, tried: int = 1) -> None:
        """Take in one run."""
        self.tried += tried
        self.right += tried if not lost and not duplicates else 0
        self.lost += lost
        self.duplicates += duplicates

    def report(self) -> None:
        """Write the line; assert that nothing was lost or counted twice."""
        line = json.dumps(asdict(self))
        print(line)
        if table := os.environ.get("RECAST_FAULT_TABLE"):
            with Path(table).open("a") as file:
                file.write(line + "\n")
        assert (self.right, self.lost, self.duplicates) == (self.tried, 0, 0), line
