"""What somebody says of a version: that it is published, deprecated or withdrawn; who, when and why.

A statement names the version by its digest, so it can be signed, and it cannot be moved to other bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from recast.catalogue.semver import Semver
from recast.errors import InputError
from recast.images.reference import check_digest, parse_reference
from recast.strictjson import parse_json

if TYPE_CHECKING:
    from recast.catalogue.version import PublishedVersion

__all__ = ["LARGEST_STATEMENT", "STATES", "Statement", "check_about", "now", "read_statement"]

STATES = ("published", "deprecated", "withdrawn")
"""The states of a version, the later the graver. There is no way back: a withdrawn version is followed by another."""

LARGEST_STATEMENT = 64 << 10
LONGEST_REASON = 2000
_SCHEMA = 1
_ANALYSIS = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_WHEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `when` is UTC (`2026-01-31T12:00:00Z`); `where` the registry it was published to, or empty.

    `reason` says why a version is deprecated, withdrawn, or published without validation. `validation` is what
    `recast validate` found for these bytes (`{"validated", "passed", "documented"}`), None if nothing is known.
    `images` are the digests that images have there which are built from recipes of the version.
    """

    analysis: str
    version: str
    digest: str
    state: str
    who: str
    when: str
    reason: str = ""
    where: str = ""
    validation: Mapping[str, Any] | None = field(default=None, hash=False)
    images: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def rank(self) -> int:
        """How grave the state is."""
        return STATES.index(self.state)

    @property
    def order(self) -> tuple[str, int, str]:
        """What statements are shown by: time, then gravity, one's own catalogue before registries."""
        return self.when, self.rank, self.where

    def content(self) -> bytes:
        """Return the bytes that are kept and signed: JSON with sorted keys, readable by people."""
        document = {"schema": _SCHEMA, **self.as_json()}
        return json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"

    def as_json(self) -> dict[str, Any]:
        """Return the statement as a JSON object."""
        return {
            "analysis": self.analysis,
            "version": self.version,
            "digest": self.digest,
            "state": self.state,
            "who": self.who,
            "when": self.when,
            "reason": self.reason,
            "where": self.where,
            "validation": dict(self.validation) if self.validation is not None else None,
            **({"images": dict(self.images)} if self.images else {}),
        }


def read_statement(content: bytes) -> Statement:
    """Read a statement from a stranger's bytes; raise ValueError if it is none."""
    if len(content) > LARGEST_STATEMENT:
        raise ValueError("a statement is larger than 64 KiB")
    try:
        document = parse_json(content)
        if document.pop("schema") != _SCHEMA:
            raise ValueError("a statement of another version of recast")
        statement = Statement(**document)
        _check(statement)
    except (TypeError, KeyError, AttributeError, RecursionError, InputError) as problem:
        raise ValueError(f"no statement: {problem!r:.200}") from problem
    return statement


def check_about(statement: Statement, version: PublishedVersion) -> None:
    """Raise ValueError unless a statement is about exactly this version: its name, its number and its bytes.

    Who may sign is asked by the name. So a key that is good for one name must not speak for the bytes of another.
    """
    said = (statement.analysis, statement.version, statement.digest)
    if said != (version.analysis, version.version, version.digest):
        raise ValueError(f"it is about {said[0]}@{said[1]} ({said[2]}), not about {version.reference}")


def _check(statement: Statement) -> None:
    texts = (statement.analysis, statement.version, statement.who, statement.reason, statement.where)
    if not all(isinstance(text, str) and len(text) <= LONGEST_REASON for text in texts):
        raise ValueError("a field of a statement is no text, or too long")
    if statement.state not in STATES or not _ANALYSIS.fullmatch(statement.analysis):
        raise ValueError(f"a statement of an unknown state or analysis: {statement.state!r:.40}")
    if not Semver.valid(statement.version) or not _WHEN.fullmatch(statement.when):
        raise ValueError("a statement without number or time")
    datetime.fromisoformat(statement.when)
    if statement.validation is not None and not isinstance(statement.validation, Mapping):
        raise ValueError("the validation of a statement is no object")
    check_digest(statement.digest)
    if not isinstance(statement.images, Mapping):
        raise ValueError("the images of a statement are no object")
    for name, digest in statement.images.items():
        parse_reference(name)
        check_digest(digest)


def now() -> str:
    """Return the time as statements spell it, UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
