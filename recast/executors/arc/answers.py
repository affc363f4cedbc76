"""What a computing element answers, read. Nothing in it is trusted. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from recast.json_types import JsonObject
from recast.strictjson import parse_json

__all__ = ["Creation", "Deed", "Listing", "creations", "deeds", "facts", "listing", "versions"]

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


@dataclass(frozen=True, slots=True)
class Creation:
    """What became of one job description: an id, or the reason why there is none."""

    job: str
    reason: str


@dataclass(frozen=True, slots=True)
class Deed:
    """What a request did to, or found out about, one job. `state` is empty where none was told."""

    job: str
    code: int
    reason: str
    state: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The plain files and the folders in a folder, by name; links and other things are not listed."""

    files: tuple[str, ...]
    folders: tuple[str, ...]


def versions(body: bytes) -> tuple[str, ...]:
    """Return the versions of the interface that are spoken; raise ValueError."""
    return tuple(str(each) for each in _listed(_object(body).get("version")))


def creations(body: bytes) -> list[Creation]:
    """Return what became of each description, in order; raise ValueError."""
    return [Creation(_job_id(entry), _text(entry, "reason")) for entry in _jobs(body)]


def deeds(body: bytes) -> list[Deed]:
    """Return an entry for each job of an answer; raise ValueError."""
    return [Deed(_job_id(e), _code(e), _text(e, "reason"), _text(e, "state")) for e in _jobs(body)]


def listing(body: bytes) -> Listing:
    """Return what a folder holds; raise ValueError."""
    found = _object(body)
    return Listing(_names(found.get("file")), _names(found.get("dir")))


def facts(text: str) -> dict[str, str]:
    """Return the `key=value` lines of a file that A-REX keeps of a job; the first of a name counts."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, separator, value = line.partition("=")
        if separator and name.strip():
            found.setdefault(name.strip(), value.strip())
    return found


def _jobs(body: bytes) -> Iterator[JsonObject]:
    for entry in _listed(_object(body).get("job")):
        if not isinstance(entry, dict):
            raise ValueError(f"an entry of a job is {entry!r}")
        yield entry


def _object(body: bytes) -> JsonObject:
    # A-REX 6.17 answers "nothing" with nothing.
    if not body.strip():
        return {}
    found = parse_json(body)
    if not isinstance(found, dict):
        raise ValueError(f"the answer is {type(found).__name__}, not an object")
    return found


def _listed(value: Any) -> list[Any]:
    """Return a list: A-REX 6.17 leaves the brackets out around a single thing."""
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def _names(value: Any) -> tuple[str, ...]:
    return tuple(name for name in _listed(value) if isinstance(name, str))


def _job_id(entry: JsonObject) -> str:
    """Return the id, empty if there is none; it becomes part of URLs, so it is looked at."""
    found = entry.get("id", "")
    if found and not (isinstance(found, str) and _ID.fullmatch(found)):
        raise ValueError(f"{found!r} is not an id of a job")
    return str(found)


def _text(entry: JsonObject, name: str) -> str:
    found = entry.get(name, "")
    return found if isinstance(found, str) else ""


def _code(entry: JsonObject) -> int:
    try:
        return int(entry.get("status-code", 0))
    except (TypeError, ValueError):
        return 0
