"""`python -m tests.testbeds.slurm start|stop|status|env|keep [--folder F] [--accounts] [--hours H]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.testbeds.slurm.bed import Bed, BedProblem
from tests.testbeds.slurm.keeper import keep, lease

_DEFAULT = Path(__file__).resolve().parents[3] / ".cache/testbeds/slurm"


def main() -> int:
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.testbeds.slurm", description=__doc__)
    parser.add_argument("what", choices=["start", "stop", "status", "env", "keep"])
    parser.add_argument("--folder", type=Path, help="where its state is (.cache/testbeds/slurm/NAME)")
    parser.add_argument("--accounts", action="store_true", help="with slurmdbd and MariaDB, so that sacct works")
    parser.add_argument("--hours", type=float, default=8.0, help="how long it lives if nobody stops it")
    given = parser.parse_args()
    folder = (given.folder or _DEFAULT / ("accounts" if given.accounts else "plain")).absolute()
    bed = Bed(folder, given.accounts)
    try:
        return _do(given.what, bed, given.hours)
    except BedProblem as problem:
        print(f"{problem}; its logs are in {folder}/log", file=sys.stderr)
        return 1


def _do(what: str, bed: Bed, hours: float) -> int:
    if what == "keep":
        keep(bed)
    elif what == "start":
        lease(bed, hours)
        print(f"export SLURM_CONF={bed.conf}")
    elif what == "stop":
        bed.stop()
    elif what == "env":
        print(f"export SLURM_CONF={bed.conf}")
    elif not bed.running():
        print("stopped")
        return 1
    else:
        for name in bed.daemons:
            print(f"{name:<10} {bed.pid(name) or 'stopped'}")
        print(bed.call("sinfo").stdout, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
