"""A real Slurm by hand; it lives for some hours, and prints how it is reached."""

from __future__ import annotations

import sys

from tests.testbeds.bed import BEDS
from tests.testbeds.command import parser, run
from tests.testbeds.slurm import SlurmBed

__all__ = ["main"]


def main() -> int:
    """Do what the command line says; return the exit code."""
    known = parser("slurm", __doc__)
    known.add_argument("--accounts", action="store_true", help="with slurmdbd and MariaDB, so that sacct works")
    given = known.parse_args()
    folder = given.folder or BEDS / "slurm" / ("accounts" if given.accounts else "plain")
    bed = SlurmBed(folder.absolute(), given.accounts)
    return run(bed, given, lambda: _status(bed))


def _status(bed: SlurmBed) -> str:
    daemons = "".join(f"{name:<10} {bed.pid(name) or 'stopped'}\n" for name in bed.daemons)
    return daemons + bed.call("sinfo").stdout


if __name__ == "__main__":
    sys.exit(main())
