"""How a version stands: its state, and how well that is signed; the same words in `ls`, `show`, `log` and `run`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recast.catalogue.book import Entry
from recast.catalogue.statement import Statement
from recast.errors import PermissionDenied
from recast.signing import Signature, Signers, only_signed, verify

__all__ = ["Standing", "check_standing", "signature_of", "standing_of"]

_BEST_FIRST = ("verified", "unknown", "bad", "unsigned")


@dataclass(frozen=True, slots=True)
class Standing:
    """The gravest that was said of a version, and the best signature under those words.

    `statement` is None for a version of which nothing was ever said: it was published by an older recast, or put into
    the index by hand.
    """

    statement: Statement | None
    signature: Signature

    @property
    def state(self) -> str:
        """`published`, `deprecated` or `withdrawn`."""
        return self.statement.state if self.statement is not None else "published"

    @property
    def words(self) -> str:
        """Return the state with its reason, in words."""
        said = self.statement
        if said is None or said.state == "published":
            return self.state
        return f"{self.state} by {said.who} at {said.when}: {said.reason}"

    def as_json(self) -> dict[str, Any]:
        """Return `state`, `reason`, `who`, `when` and `signature`."""
        said = self.statement
        return {
            "state": self.state,
            "reason": said.reason if said else "",
            "who": said.who if said else None,
            "when": said.when if said else None,
            "signature": self.signature.as_json(),
        }


def standing_of(entries: Sequence[Entry], signers: Signers) -> Standing:
    """Return how a version stands after all that was said of it.

    The gravest state counts, whatever the clocks say: so books of several places can be merged in any order.
    """
    if not entries:
        return Standing(None, Signature("unsigned"))
    gravest = max(entry.statement.rank for entry in entries)
    current = [entry for entry in entries if entry.statement.rank == gravest]
    judged = [(signature_of(entry, signers), entry.statement) for entry in current]
    signature, statement = min(reversed(judged), key=lambda pair: _BEST_FIRST.index(pair[0].state))
    return Standing(statement, signature)


def signature_of(entry: Entry, signers: Signers) -> Signature:
    """Return how well one statement is signed."""
    if entry.signature is None:
        return Signature("unsigned")
    return verify(entry.statement.content(), entry.signature, entry.statement.analysis, signers)


def check_standing(reference: str, standing: Standing, *, allow_withdrawn: bool) -> list[str]:
    """Return what must be said before a version runs; raise PermissionDenied if it must not run."""
    if standing.state == "withdrawn" and not allow_withdrawn:
        raise PermissionDenied(
            f"{reference} is withdrawn",
            where=standing.words,
            why=standing.statement.reason if standing.statement else "",
            next_step=f"recast catalogue log {reference.partition('@')[0]}, or run it nevertheless: --allow-withdrawn",
            code="version.withdrawn",
        )
    if only_signed() and standing.signature.state != "verified":
        raise PermissionDenied(
            f"{reference} is {standing.signature}",
            why="Only signed versions may run here (RECAST_SIGNATURES=required).",
            next_step="recast catalogue verify "
            f"{reference}; accept a signer: recast catalogue signers add PATTERN KEY.pub",
            code="version.unsigned",
        )
    told = [f"{reference} is {standing.words}"] if standing.state != "published" else []
    return told if standing.signature.state == "verified" else [*told, f"{reference} is {standing.signature}"]
