"""A real Ceph object gateway by hand; it lives for some hours, and prints how it is reached."""

from __future__ import annotations

import sys

from tests.testbeds.bed import BEDS
from tests.testbeds.ceph.bed import CephBed
from tests.testbeds.command import parser, run

__all__ = ["main"]


def main() -> int:
    """Do what the command line says; return the exit code."""
    given = parser("ceph", __doc__).parse_args()
    return run(CephBed(given.folder or BEDS / "ceph/shared"), given)


if __name__ == "__main__":
    sys.exit(main())
