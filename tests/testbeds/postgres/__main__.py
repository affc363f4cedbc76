"""A real PostgreSQL by hand; it lives for some hours, and prints how it is reached."""

from __future__ import annotations

import sys

from tests.testbeds.bed import BEDS
from tests.testbeds.command import parser, run
from tests.testbeds.postgres.bed import PostgresBed

__all__ = ["main"]


def main() -> int:
    """Do what the command line says; return the exit code."""
    given = parser("postgres", __doc__).parse_args()
    return run(PostgresBed(given.folder or BEDS / "postgres/shared"), given)


if __name__ == "__main__":
    sys.exit(main())
