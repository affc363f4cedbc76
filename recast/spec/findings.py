"""Findings on a spec, one per problem, and combining several into one error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from recast.errors import SpecError
from recast.spec.model import Position
from recast.terminal_safe import visible

__all__ = ["Finding", "findings_of", "raise_for"]


_MOST_SHOWN = 30
"""The most findings that an error lists besides the first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem: a stable code, a sentence without a full stop, its position, the reason and the remedy.

    An `error` prevents the spec from being run, a `warning` and a `note` do not. `excerpt` is the text at fault if it
    is part of a longer value: it is used to find its line in the file, and never shown.
    """

    code: str
    what: str
    position: Position | None = None
    why: str = ""
    next_step: str = ""
    severity: Literal["error", "warning", "note"] = "error"
    excerpt: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.position}: {self.what}" if self.position else self.what

    def as_json(self) -> dict[str, object]:
        """Return the finding as a JSON object: severity, code, what, file, line, key, why, next."""
        place = self.position
        return {
            "severity": self.severity,
            "code": self.code,
            "what": self.what,
            "file": place.file if place else None,
            "line": place.line if place else None,
            "key": place.key if place else None,
            "why": self.why,
            "next": self.next_step,
        }


class _FoundSpecError(SpecError):
    """A SpecError with its individual findings."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        first = findings[0]
        others = [visible(f"{finding} [{finding.code}]") for finding in findings[1:][:_MOST_SHOWN]]
        also = [f"{len(findings) - 1} more:", *others] if others else []
        also += ["..."] if len(findings) - 1 > _MOST_SHOWN else []
        super().__init__(
            visible(first.what),
            where=visible(str(first.position or "")),
            why="\n".join([line for line in [visible(first.why)] if line] + also),
            next_step=visible(first.next_step),
            code=first.code,
        )
        self.findings: tuple[Finding, ...] = tuple(findings)


def raise_for(findings: Iterable[Finding]) -> None:
    """Raise one SpecError for all findings that are errors: the first in full, the others as one line each in its
    `why`.
    """
    distinct = [finding for finding in dict.fromkeys(findings) if finding.severity == "error"]
    if distinct:
        raise _FoundSpecError(distinct)


def findings_of(error: SpecError | None) -> tuple[Finding, ...]:
    """Return the findings of an error; none if it was raised before the schema was applied (syntax, references)."""
    return error.findings if isinstance(error, _FoundSpecError) else ()
