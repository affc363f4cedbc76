"""A real ARC computing element by hand; it lives for some hours, and prints how it is reached."""

from __future__ import annotations

import sys

from tests.testbeds.arc.bed import ArcBed, place
from tests.testbeds.bed import BEDS
from tests.testbeds.command import parser, run

__all__ = ["main"]


def main() -> int:
    """Do what the command line says; return the exit code."""
    given = parser("arc", __doc__).parse_args()
    return run(ArcBed(place(given.folder or BEDS / "arc/shared")), given)


if __name__ == "__main__":
    sys.exit(main())
