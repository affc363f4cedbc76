"""A run on a Slurm to which something happens."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tests.executors.faulty import FaultyRun
from tests.testbeds.slurm import SlurmBed

__all__ = ["SlurmRun"]

_QUICK = {"quick_poll_s": 0.2, "poll_s": 1, "margin_s": 60, "grace_s": 2, "patience": 0.05, "python": sys.executable}


class SlurmRun(FaultyRun):
    """One run by `recast run --executor slurm`; more `settings` are the executor's."""

    def __init__(self, bed: SlurmBed, folder: Path, settings: dict[str, object] | None = None, **how: Any) -> None:
        super().__init__(folder, "slurm", {**_QUICK, **(settings or {})}, **how)
        self.env |= bed.env
