"""What a step left behind, read by somebody who does not trust it: bounded, and never out of its folder."""

from __future__ import annotations

import contextlib
import zlib
from pathlib import Path

from recast.errors import SpecError
from recast.json_types import JsonValue
from recast.plainfile import read_plain
from recast.spec.jsonable import read_json
from recast.strictjson import parse_json

__all__ = ["MOST_BYTES", "Unreadable", "document", "exists", "text"]

MOST_BYTES = 16 << 20
"""Bytes of a file that a test looks into, uncompressed."""

_MOST_LINES = 100_000


class Unreadable(Exception):
    """A product of a step cannot be looked into; the text says why, and follows the name of the file."""


def exists(folder: Path, name: str) -> bool:
    """Return whether a step left a file or folder; a link that leads out of its folder, or nowhere, does not count."""
    with contextlib.suppress(OSError, Unreadable):
        return _inside(folder, name).exists()
    return False


def text(folder: Path, name: str) -> str:
    """Return the text of a file, uncompressed if its name ends in .gz; raise Unreadable."""
    return _content(folder, name).decode("utf-8", "replace")


def document(folder: Path, name: str) -> JsonValue:
    """Return the value in a JSON, YAML or JSON-lines file, by its name; raise Unreadable."""
    content = _content(folder, name)
    kind = name.removesuffix(".gz").rpartition(".")[2].lower()
    try:
        if kind == "jsonl":
            lines = content.splitlines()
            if len(lines) > _MOST_LINES:
                raise Unreadable(f"has {len(lines)} lines, more than {_MOST_LINES}")
            return [parse_json(line) for line in lines if line.strip()]
        return read_json(content, name) if kind in ("yml", "yaml") else parse_json(content)
    except SpecError as problem:
        raise Unreadable(f"is no YAML: {problem.what}") from None
    except ValueError as problem:
        raise Unreadable(f"is no JSON: {problem}") from None


def _content(folder: Path, name: str) -> bytes:
    try:
        content = read_plain(_inside(folder, name), MOST_BYTES)
    except FileNotFoundError:
        raise Unreadable("is not there") from None
    except OSError as problem:
        raise Unreadable(f"cannot be read: {problem.strerror}") from None
    return _unpacked(content) if name.endswith(".gz") else content


def _inside(folder: Path, name: str) -> Path:
    try:
        path = (folder / name).resolve()
    except (OSError, RuntimeError):  # links in a circle
        raise Unreadable("is a link that leads nowhere") from None
    if not path.is_relative_to(folder.resolve()):
        raise Unreadable("is a link that leads out of the step's folder")
    return path


def _unpacked(content: bytes) -> bytes:
    made = b""
    try:
        while content:
            reader = zlib.decompressobj(wbits=31)
            made += reader.decompress(content, MOST_BYTES + 1 - len(made))
            if len(made) > MOST_BYTES or reader.unconsumed_tail:
                raise Unreadable(f"has more than {MOST_BYTES} bytes when it is uncompressed")
            if not reader.eof:
                raise Unreadable("is cut off")
            content = reader.unused_data
    except zlib.error as problem:
        raise Unreadable(f"is not compressed as its name says: {problem}") from None
    return made
