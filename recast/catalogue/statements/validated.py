"""A summary of how well a version reproduces the published numbers: as validated here, and as stated by others.

The publisher's outcome is part of the statements about a version (`recast.catalogue.statements.statements`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from recast.catalogue.statements.statements import Entry
from recast.catalogue.validate import read_evidence
from recast.catalogue.version import PublishedVersion
from recast.json_types import JsonDict, JsonObject

__all__ = ["Validation", "said_validations", "summary", "validated_here", "validation_words"]

_MOST_NAMED = 12
_WORDS = ("passed", "documented", "failed")


@dataclass(frozen=True, slots=True)
class Validation:
    """Who validated and when (ISO, UTC), the number of items by verdict, and names of failed ones, not always all."""

    who: str
    when: str
    passed: int
    documented: int
    failed: int
    failed_items: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Return text such as `5 of 6 passed, 1 FAILED: squark_1600 (validated by alice 2026-01-31...)`."""
        total = self.passed + self.documented + self.failed
        parts = [f"{self.passed} of {total} passed"]
        parts += [f"{self.documented} documented"] if self.documented else []
        named = f": {', '.join(self.failed_items)}{' ...' * (len(self.failed_items) < self.failed)}"
        parts += [f"{self.failed} FAILED{named if self.failed_items else ''}"] if self.failed else []
        return f"{', '.join(parts)} (validated {self.who} {self.when})"

    def as_json(self) -> JsonDict:
        """Return the validation as a JSON object."""
        counts = {"passed": self.passed, "documented": self.documented, "failed": self.failed}
        return {"who": self.who, "when": self.when, **counts, "failed_items": list(self.failed_items)}


def summary(evidence: JsonObject) -> JsonDict:
    """Return what a statement says about a validation: when, the number of items by verdict, and which failed."""
    verdicts = [item["verdict"] for item in evidence["items"]]
    failed = [item["name"] for item in evidence["items"] if item["verdict"] == "failed"]
    counts = {word: verdicts.count(word) for word in _WORDS}
    return {"validated": evidence["validated"], **counts, "failed_items": failed[:_MOST_NAMED]}


def validated_here(version: PublishedVersion) -> Validation | None:
    """Return the last validation on this machine, None if there is none."""
    evidence = read_evidence(version)
    return _read("here", summary(evidence)) if evidence and evidence["items"] else None


def said_validations(entries: Sequence[Entry]) -> list[Validation]:
    """Return the last validation that each publisher stated, oldest first; malformed ones are ignored."""
    found = dict[str, Validation]()
    for entry in entries:
        said = entry.statement
        if said.validation is not None and (one := _read(f"by {said.who}", said.validation)) is not None:
            found[said.who] = one
    return list(found.values())


def validation_words(version: PublishedVersion, said: Iterable[Validation] = ()) -> str:
    """Return one line on how a version is validated: here, else as stated by others."""
    known = [one for one in (validated_here(version), *said) if one is not None]
    if known:
        return f"validation: {known[0].words}"
    return "not validated here" if version.validation else "declares nothing to validate"


def _read(who: str, said: JsonObject) -> Validation | None:
    """Parse an untrusted validation; None if it is malformed."""
    when, counts = said.get("validated"), [said.get(word, 0) for word in _WORDS]
    if not isinstance(when, str) or not all(isinstance(count, int) and 0 <= count < 10**6 for count in counts):
        return None
    passed, documented, failed = counts
    return Validation(who, when[:40], passed, documented, failed, tuple(_names(said.get("failed_items"))))


def _names(found: Any) -> Iterator[str]:
    for name in found[:_MOST_NAMED] if isinstance(found, list) else ():
        if isinstance(name, str):
            yield name[:100]
