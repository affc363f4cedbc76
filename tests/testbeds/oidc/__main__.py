"""A real OIDC provider by hand; it lives for some hours, and prints how it is reached."""

from __future__ import annotations

import sys

from tests.testbeds.bed import BEDS
from tests.testbeds.command import parser, run
from tests.testbeds.oidc.bed import OidcBed

__all__ = ["main"]


def main() -> int:
    """Do what the command line says; return the exit code."""
    given = parser("oidc", __doc__).parse_args()
    return run(OidcBed(given.folder or BEDS / "oidc/shared"), given)


if __name__ == "__main__":
    sys.exit(main())
