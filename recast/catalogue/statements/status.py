"""The status of a version: its state, and how it is signed; the same text in `ls`, `show`, `log` and `run`.

Anybody can put a statement into an archive or a registry. So a statement that an accepted signer or the user of this
catalogue vouches for is never overridden by one that nobody vouches for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from recast.catalogue.statements.statements import Entry, Statement
from recast.errors import PermissionDenied
from recast.json_types import JsonDict
from recast.signing import Signature, Signers, only_signed, verify

__all__ = ["VersionStatus", "check_standing", "is_vouched", "signature_of", "standing_of"]

_BEST_FIRST = ("verified", "unknown", "bad", "unsigned")
_MOST_TOLD = 3


@dataclass(frozen=True, slots=True)
class VersionStatus:
    """The most severe statement about a version, with the best signature on it.

    `statement` is None for a version without any statement: it was published by an older recast, or added to the index
    by hand. `vouched` says whether an accepted signer or the user of this catalogue made it; if so, `unheeded` are more
    severe statements that nobody vouches for. `draft` says that it is not published at all.
    """

    statement: Statement | None
    signature: Signature
    vouched: bool = False
    unheeded: tuple[Statement, ...] = field(default=())
    draft: bool = False

    @property
    def state(self) -> str:
        """`published`, `deprecated`, `withdrawn` or `not published`."""
        if self.draft:
            return "not published"
        return self.statement.state if self.statement is not None else "published"

    @property
    def words(self) -> str:
        """Return the state with its reason, as text."""
        said = self.statement
        if said is None or said.state == "published":
            return self.state
        return f"{self.state} by {said.who} at {said.when}: {said.reason}"

    def as_json(self) -> JsonDict:
        """Return `state`, `reason`, `who`, `when`, `signature`, and `unheeded` statements."""
        said = self.statement
        return {
            "state": self.state,
            "reason": said.reason if said else "",
            "who": said.who if said else None,
            "when": said.when if said else None,
            "signature": self.signature.as_json(),
            "unheeded": [
                {"state": it.state, "reason": it.reason, "who": it.who, "when": it.when} for it in self.unheeded
            ],
        }


def standing_of(entries: Sequence[Entry], signers: Signers) -> VersionStatus:
    """Return the status that follows from all statements about a version.

    The most severe state that is vouched for counts, independent of times, so statements from several places can be
    merged in any order. If nothing is vouched for, the most severe of all counts.
    """
    if not entries:
        return VersionStatus(None, Signature("unsigned"))
    ranks = sorted({entry.statement.rank for entry in entries}, reverse=True)
    judged = {}
    for rank in ranks:
        judged[rank] = [(signature_of(it, signers), it) for it in entries if it.statement.rank == rank]
        if any(_vouches(*pair) for pair in judged[rank]):
            unheeded = tuple(entry.statement for graver in ranks if graver > rank for _, entry in judged[graver])
            return _stands(judged[rank], vouched=True, unheeded=unheeded)
    return _stands(judged[ranks[0]])


def is_vouched(entry: Entry, signers: Signers) -> bool:
    """Return whether a statement was made by an accepted signer or by the user of this catalogue."""
    return _vouches(signature_of(entry, signers), entry)


def _vouches(signature: Signature, entry: Entry) -> bool:
    return entry.here or signature.state == "verified"


def _stands(
    judged: Sequence[tuple[Signature, Entry]], *, vouched: bool = False, unheeded: tuple[Statement, ...] = ()
) -> VersionStatus:
    """Return the best signed of equally severe statements: verified ones first, then one's own, then the others."""
    signature, entry = min(
        reversed(judged),
        key=lambda pair: (pair[0].state != "verified", not pair[1].here, _BEST_FIRST.index(pair[0].state)),
    )
    return VersionStatus(entry.statement, signature, vouched, unheeded)


def signature_of(entry: Entry, signers: Signers) -> Signature:
    """Return how a statement is signed."""
    if entry.signature is None:
        return Signature("unsigned")
    return verify(entry.statement.content(), entry.signature, entry.statement.analysis, signers)


def check_standing(
    reference: str, standing: VersionStatus, *, allow_withdrawn: bool, needs_signature: bool = True
) -> list[str]:
    """Return the warnings to show before a version runs; raise PermissionDenied if it must not run.

    Where only signed versions may run, an unsigned one is refused even without `needs_signature`.
    """
    if standing.state == "withdrawn" and not allow_withdrawn:
        raise PermissionDenied(
            f"{reference} is withdrawn",
            where=standing.words,
            why=standing.statement.reason if standing.statement else "",
            next_step=f"recast catalogue log {reference.partition('@')[0]}, or to run it anyway: --allow-withdrawn"
            + ("" if standing.vouched else f"; nobody vouches for this statement: recast catalogue rm {reference}"),
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
    told += [
        f"{said.who} calls {reference} {said.state}, which nobody vouches for here: {said.reason}"
        for said in standing.unheeded[:_MOST_TOLD]
    ]
    good = standing.signature.state == "verified" or (standing.signature.state == "unsigned" and not needs_signature)
    return told if good else [*told, f"{reference} is {standing.signature}"]
