"""What a file is, by its content alone, and whether it is whole. Runs apart (`judge_child`): files are untrusted."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import IO, Any

from recast.applies.events import HEAD_BYTES, beam_energies_gev, kind_of, needs_of_events, unpacked
from recast.applies.slha import MOST_BYTES as LARGEST_SLHA
from recast.applies.slha import BadSpectrum, read_spectrum
from recast.counted import counted
from recast.errors import RecastError
from recast.scans.points import parse_points
from recast.strictjson import parse_json

__all__ = ["Unusable", "look_at"]

_CHUNK = 1 << 20
_LARGEST_TEXT = 50_000_000
_MOST_UNPACKED = 8_000_000_000
_MOST_RATIO = 200
"""Event files shrink to a fifth. What shrinks to less than this is no event file."""
_GZIP = b"\x1f\x8b"
_ARCHIVES = (b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd")
_ENDS = {
    "lhe": (b"</LesHouchesEvents>",),
    "hepmc": (b"END_EVENT_LISTING",),
}
_EVENT = {"lhe": re.compile(rb"<event\b"), "hepmc": re.compile(rb"\nE ")}
_PYHF = ({"channels", "measurements"}, {"patches", "metadata"})
_OPERATION = {"op", "path"}


class Unusable(ValueError):
    """A file that is nothing known, or that is broken; the message says why."""


def look_at(file: IO[bytes]) -> tuple[str, list[str]]:
    """Return the kind of a file and notes about it; raise Unusable."""
    raw = file.read(HEAD_BYTES)
    if not raw:
        raise Unusable("It is empty.")
    head = unpacked(raw)
    kind = kind_of(head)
    if kind in _EVENT:
        return kind, _look_at_events(kind, raw, head, file)
    if raw.startswith(_GZIP) or raw.startswith(_ARCHIVES) or raw[257:262] == b"ustar":
        raise Unusable("It is an archive, and only event files may be compressed.")
    content = raw + file.read(_LARGEST_TEXT - len(raw) + 1)
    if len(content) > _LARGEST_TEXT:
        raise Unusable(f"It is larger than {_LARGEST_TEXT} bytes, and no file of events.")
    if kind == "slha":
        return kind, _look_at_spectrum(content)
    if kind == "pyhf" and (found := _look_at_json(content)) is not None:
        return kind, found
    return "points", _look_at_points(content)


def _look_at_events(kind: str, raw: bytes, head: bytes, rest: IO[bytes]) -> list[str]:
    """Return notes on a file of events, after reading it all: how many, their beams, what else they need."""
    count, tail = 0, b""
    for chunk in _chunks(raw, rest):
        text = tail + chunk
        count += len(_EVENT[kind].findall(text))
        tail = text[-_KEPT:]
        count -= len(_EVENT[kind].findall(tail))
    count += len(_EVENT[kind].findall(tail))
    if not any(end in tail for end in _ENDS[kind]):
        raise Unusable(f"It ends before {_ENDS[kind][0].decode()}: it is not complete.")
    if not count:
        raise Unusable("It has no events.")
    notes = [f"{counted(count, 'event')}"]
    if kind == "lhe" and (beams := beam_energies_gev(head)):
        notes.append(f"beams of {beams[0]:g} and {beams[1]:g} GeV")
    needs = needs_of_events(head) if kind == "lhe" else ""
    return [*notes, f"its events need {needs}: shower them, and hand in HepMC"] if needs else notes


_KEPT = 256


def _chunks(raw: bytes, rest: IO[bytes]) -> Iterator[bytes]:
    """Yield the bytes of a file, decompressed; raise Unusable for what grows too much."""
    if not raw.startswith(_GZIP):
        yield raw
        while chunk := rest.read(_CHUNK):
            yield chunk
        return
    yield from _inflated(raw, rest)


def _inflated(chunk: bytes, rest: IO[bytes]) -> Iterator[bytes]:
    stream, taken, given = zlib.decompressobj(wbits=31), 0, 0
    while chunk:
        taken += len(chunk)
        while chunk:
            try:
                out = stream.decompress(chunk, _CHUNK)
            except zlib.error as problem:
                raise Unusable(f"It cannot be decompressed: {problem}.") from None
            given += len(out)
            if given > min(_MOST_UNPACKED, _CHUNK + taken * _MOST_RATIO):
                raise Unusable("Decompressed, it is too large.")
            yield out
            chunk = stream.unconsumed_tail
            if stream.eof:  # files of several members, as parallel gzip writes them
                chunk, stream = stream.unused_data, zlib.decompressobj(wbits=31)
        chunk = rest.read(_CHUNK)
    if not stream.eof and stream.unconsumed_tail:
        raise Unusable("It ends within compressed data.")


def _look_at_spectrum(content: bytes) -> list[str]:
    if len(content) > LARGEST_SLHA:
        raise Unusable(f"It has {len(content)} bytes, more than an SLHA file holds.")
    try:
        spectrum = read_spectrum(content)
    except BadSpectrum as problem:
        raise Unusable(f"As an SLHA file: {problem}.") from None
    return [f"{counted(len(spectrum.masses), 'mass', 'masses')}", *spectrum.notes]


def _look_at_json(content: bytes) -> list[str] | None:
    """Return notes on a pyhf workspace, a patch set or a patch; None for other JSON."""
    try:
        found: Any = parse_json(content)
    except (ValueError, RecursionError) as problem:
        raise Unusable(f"As JSON: {problem}.") from None
    if isinstance(found, dict):
        if found.keys() >= _PYHF[0]:
            return [f"a workspace with {counted(len(found['channels']), 'channel')}"]
        if found.keys() >= _PYHF[1]:
            return [f"a patch set with {counted(len(found['patches']), 'patch', 'patches')}"]
        return None
    if found and all(isinstance(it, dict) and it.keys() >= _OPERATION for it in found):
        return [f"a patch with {counted(len(found), 'operation')}"]
    return None


def _look_at_points(content: bytes) -> list[str]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unusable("It is none of the kinds that are known, and not even text.") from None
    if "\0" in text:
        raise Unusable("It is none of the kinds that are known: it holds zeros.")
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    is_table = not first.lstrip().startswith(("-", "[", "{")) and not re.match(r"\s*[\w\[\]\" -]+:(\s|$)", first)
    try:
        points = parse_points(text, "the file", is_table=is_table)
    except RecastError as problem:
        raise Unusable(f"As points: {problem.what}. {problem.why}".strip()) from None
    columns = sorted(points[0])
    if columns == ["point"] and not is_table:
        return [counted(len(points), "named point")]
    return [f"{counted(len(points), 'point')} with {', '.join(columns)}"]
