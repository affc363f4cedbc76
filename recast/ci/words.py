"""The words of a verdict, for a quantity and for a commit, and the exit code of each word for a commit."""

from __future__ import annotations

from types import MappingProxyType

__all__ = ["COMMIT_WORDS", "EXIT_CODES", "QUANTITY_WORDS", "REPORTS"]

QUANTITY_WORDS = ("same", "within", "moved", "announced", "undecided", "unstable", "new", "gone")
"""What a comparison says of one quantity."""

EXIT_CODES = MappingProxyType(
    {
        "passed": 0,
        "nothing-to-do": 0,
        "failed": 1,
        "broken": 3,
        "blocked": 4,
        "refused": 5,
        "moved": 7,
        "undecided": 8,
        "superseded": 130,
    }
)
"""Word for a commit -> exit code of `recast ci run`: failed tests, jobs or published validation; a broken spec or
recipe; trouble of the infrastructure, which is never the commit's; not allowed; the physics moved; more events needed;
a newer commit of the same ref took over.
"""

COMMIT_WORDS = tuple(EXIT_CODES)

REPORTS = "recast-ci"
"""The folder of a pipeline's reports, in the checkout or beside it."""
