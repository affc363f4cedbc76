"""Parse the untrusted `WWW-Authenticate` header of a registry. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["Challenge", "parse_challenges"]

_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]*)(?:\s+|$)")
_PARAMETER = re.compile(r"\s*,?\s*([A-Za-z_-]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s\",]+))")
_LONGEST = 8192


@dataclass(frozen=True, slots=True)
class Challenge:
    """One authentication challenge: `scheme` in lower case (`bearer`, `basic`), and its parameters."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def parse_challenges(headers: Iterable[str]) -> list[Challenge]:
    """Return the challenges in the values of `WWW-Authenticate`; malformed ones are skipped."""
    return [challenge for text in headers for challenge in _challenges(text[:_LONGEST])]


def _challenges(text: str) -> list[Challenge]:
    found: list[Challenge] = []
    place = 0
    while (scheme := _SCHEME.match(text, place)) is not None:
        place = scheme.end()
        parameters: dict[str, str] = {}
        while (parameter := _PARAMETER.match(text, place)) is not None:
            name, quoted, bare = parameter.groups()
            parameters[name.lower()] = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
            place = parameter.end()
        found.append(Challenge(scheme[1].lower(), parameters))
        comma = re.compile(r"\s*,").match(text, place)
        place = comma.end() if comma else place
    return found
