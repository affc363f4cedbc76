"""The description of a rule: for terminals, JSON, SARIF and its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Rule", "Severity"]

Severity: TypeAlias = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a stable code, a title, why it matters and what to do, each a sentence or two.

    `severity` is the most severe that the rule gives. `stops_run` is true if `recast run` rejects such a spec; it
    cannot be allowed by a comment then.
    """

    code: str
    title: str
    why: str
    fix: str
    severity: Severity = "error"
    stops_run: bool = True

    @property
    def slug(self) -> str:
        """Return the code without its prefix: the name of the rule's page."""
        return self.code.removeprefix("spec.")
