"""Semantic versions (semver.org 2.0.0) without build metadata, which OCI registry tags do not allow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering

__all__ = ["Semver"]

_NUMBER = r"0|[1-9][0-9]{0,9}"
_PART = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_FORM = re.compile(rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_PART}(?:\.{_PART})*))?")


@total_ordering
@dataclass(frozen=True, slots=True)
class Semver:
    """A version number; a pre-release such as 1.0.0-rc.1 comes before 1.0.0."""

    major: int
    minor: int
    patch: int
    pre: tuple[int | str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Semver:
        """Read a version number; raise ValueError."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError("a version is three numbers, such as 1.0.0 or 1.1.0-rc.1 (semver.org, no build metadata)")
        pre = match[4].split(".") if match[4] else []
        return cls(int(match[1]), int(match[2]), int(match[3]), tuple(int(p) if p.isdecimal() else p for p in pre))

    @staticmethod
    def valid(text: str) -> bool:
        """Return whether a text is a version number."""
        return _FORM.fullmatch(text) is not None

    @property
    def stable(self) -> bool:
        """Whether this is not a pre-release."""
        return not self.pre

    def __lt__(self, other: Semver) -> bool:
        return self._key() < other._key()

    def _key(self) -> tuple[int, int, int, bool, list[tuple[bool, int, str]]]:
        parts = [
            (isinstance(p, str), p if isinstance(p, int) else 0, p if isinstance(p, str) else "") for p in self.pre
        ]
        return (self.major, self.minor, self.patch, self.stable, parts)
