"""`python -m tests.testbeds.arc start|stop|status|keep [--folder F] [--hours H]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.testbeds.arc.bed import Bed, BedProblem, place
from tests.testbeds.arc.keeper import keep, lease

_DEFAULT = Path(__file__).resolve().parents[3] / ".cache/testbeds/arc/shared"


def main() -> int:
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.testbeds.arc", description=__doc__)
    parser.add_argument("what", choices=["start", "stop", "status", "keep"])
    parser.add_argument("--folder", type=Path, default=_DEFAULT, help="where its state is (.cache/testbeds/arc/shared)")
    parser.add_argument("--hours", type=float, default=8.0, help="how long it lives if nobody stops it")
    given = parser.parse_args()
    bed = Bed(place(given.folder))
    try:
        return _do(given.what, bed, given.hours)
    except BedProblem as problem:
        print(f"{problem}; its logs are in {bed.folder}/log", file=sys.stderr)
        return 1


def _do(what: str, bed: Bed, hours: float) -> int:
    if what == "keep":
        keep(bed)
    elif what == "stop":
        bed.stop()
    elif what == "start":
        lease(bed, hours)
        _tell(bed)
    elif not bed.running():
        print("stopped")
        return 1
    else:
        _tell(bed)
    return 0


def _tell(bed: Bed) -> None:
    print(f"export RECAST_ARC_ENDPOINTS={bed.endpoint}")
    print(f"export X509_USER_PROXY={bed.proxy}")
    print(f"export X509_CERT_DIR={bed.certificates}")


if __name__ == "__main__":
    sys.exit(main())
