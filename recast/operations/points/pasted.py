"""What somebody pastes instead of points: masses, a table, YAML, a request, a file such as a spectrum; or just words.

Nothing of it is kept. A file is judged like an upload (`recast.ledger.uploads`), in a process of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from recast.applies.events import HEAD_BYTES, KINDS, kind_of, unpacked
from recast.applies.model import MASS_PREFIX, Model
from recast.desk.cells import value_of
from recast.desk.document import FIELDS
from recast.desk.points import INPUT_COLUMN
from recast.errors import InputError, SpecError
from recast.inputs.numbers import number_in
from recast.json_types import JsonDict, JsonObject, JsonValue
from recast.prepare.what_file import model_of_file
from recast.scans.points import parse_points
from recast.spec.source import parse

if TYPE_CHECKING:
    from recast.ledger import Ledger

__all__ = ["FILE", "Pasted", "read_pasted"]

FILE = "FILE"
"""What a pasted file is called where a command names it."""

_ASSIGNED = re.compile(r"(?:-p\s+)?([A-Za-z_][\w.\[\]]{0,99})\s*=\s*(\"[^\"\n]*\"|'[^'\n]*'|[^\s,;]+)")
_BETWEEN = re.compile(r"[\s,;]*")
_OF_YAML = re.compile(r"(?:[-\[{]|[\w.\[\]\"' -]{1,100}:(?:\s|$))")
_POINT = ("coordinates", "inputs")
_PYHF = ({"channels", "measurements"}, {"patches", "metadata"})


@dataclass(frozen=True, slots=True)
class Pasted:
    """What was read: its `kind`, and the points of a document as a request has them, or the model of a file.

    Kinds: `masses`, `table`, `points`, `request`, those of `recast.applies.events.KINDS`, and `words`.
    """

    kind: str
    document: JsonObject = field(default_factory=dict)
    model: Model | None = None
    notes: tuple[str, ...] = ()


def read_pasted(text: str, ledger: Ledger) -> Pasted:
    """Return what a text says; raise InputError for what begins like something known and is broken."""
    text = text.lstrip("\ufeff")
    first = next((line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    if not first:
        return Pasted("words")
    if kind_of(unpacked(text[:HEAD_BYTES].encode())) in ("slha", "lhe", "hepmc"):
        return _file(text, ledger)
    if (points := list(_assigned(text))) and all(points):
        return Pasted("masses", {"points": [_point(it) for it in points]})
    if _OF_YAML.match(first):
        return _yaml(text, ledger)
    if _is_table(text, first):
        return Pasted("table", {"points": [_point(it) for it in parse_points(text, "the table", is_table=True)]})
    return Pasted("words")


def _file(text: str, ledger: Ledger) -> Pasted:
    with ledger.uploads.glimpse(text.encode()) as (path, judged):
        if judged.kind not in KINDS:
            return Pasted("words")
        try:
            return Pasted(judged.kind, model=model_of_file(path, {}, {}), notes=judged.notes)
        except InputError as problem:  # which names the file here, and that is nobody's business
            raise InputError("The file cannot be used", why=problem.why, code="upload.unknown-kind") from None


def _assigned(text: str) -> Iterator[JsonDict]:
    """Yield a point for each line of assignments, or one for all if each line has one; an empty one for other lines."""
    lines = [line.partition("#")[0] for line in text.splitlines()]
    read = [_of_line(line) for line in lines if line.strip()]
    if read and all(len(it) == 1 for it in read) and len({name for it in read for name in it}) == len(read):
        yield {name: value for it in read for name, value in it.items()}
    else:
        yield from read


def _of_line(line: str) -> JsonDict:
    found: JsonDict = {}
    place = 0
    while (start := _BETWEEN.match(line, place)) and (one := _ASSIGNED.match(line, start.end())):
        found[one[1]] = _number(one[2].strip("'\"") if one[2][0] in "'\"" else one[2])
        place = one.end()
    return found if not line[place:].strip(" \t,;") else {}


def _number(text: str) -> JsonValue:
    number = number_in(text)
    return value_of(text) if number is None else int(number) if re.fullmatch(r"[+-]?\d{1,15}", text) else number


def _is_table(text: str, first: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    named = all(number_in(cell.strip()) is None for cell in re.split(r"[,;\t]", first))
    return len(lines) > 1 and named and (any(sign in first for sign in ",;\t") or MASS_PREFIX in first)


def _yaml(text: str, ledger: Ledger) -> Pasted:
    try:
        found: Any = parse(text, "the text").value
    except SpecError as problem:
        raise InputError("What was pasted cannot be read as YAML", why=f"{problem.what}. {problem.why}") from problem
    if isinstance(found, dict):
        if any(found.keys() >= keys for keys in _PYHF):
            return _file(text, ledger)
        if found.keys() & {*FIELDS, "axes"} and found.keys() <= {*FIELDS}:
            return Pasted("request", found)
        if found and all(isinstance(it, list) for it in found.values()):
            return Pasted("points", {"axes": found})
        return Pasted("points", {"points": [_point(found)]})
    if isinstance(found, list) and found and all(isinstance(it, dict) for it in found):
        if all(it.keys() >= {"op", "path"} for it in found):
            return _file(text, ledger)
        return Pasted("points", {"points": [_point(it) for it in found]})
    return Pasted("words")


def _point(said: Mapping[str, Any]) -> JsonDict:
    """Return a point: masses, and names beside them, are coordinates; without masses all of them are inputs."""
    if any(key in said for key in _POINT):
        return dict(said)
    inputs = {name.removeprefix(INPUT_COLUMN): it for name, it in said.items() if name.startswith(INPUT_COLUMN)}
    rest = {name: it for name, it in said.items() if not name.startswith(INPUT_COLUMN)}
    if any(name.startswith(MASS_PREFIX) for name in rest):
        return {"coordinates": rest, "inputs": inputs}
    return {"coordinates": {}, "inputs": {**rest, **inputs}}
