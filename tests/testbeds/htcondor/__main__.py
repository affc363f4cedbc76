"""A real HTCondor pool by hand; it lives for some hours, and prints how it is reached."""

from __future__ import annotations

import sys

from tests.testbeds.command import parser, run
from tests.testbeds.htcondor.pool import HOME, Pool

__all__ = ["main"]


def main() -> int:
    """Do what the command line says; return the exit code."""
    given = parser("htcondor", __doc__).parse_args()
    return run(Pool((given.folder or HOME / "pool").absolute()), given)


if __name__ == "__main__":
    sys.exit(main())
