"""Hostile changes of valid examples: of bytes, of JSON and of tar streams, each by a `random.Random` of the caller."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

__all__ = ["Mutation", "mended_tar", "mutated_bytes", "mutated_json", "mutated_parts", "mutated_tar"]

Mutation = Callable[[bytes, Random], bytes]

_WORDS = (
    b"\0", b"\xff", b"\n", b"\r\n", b"..", b"/", b"../../x", b"\x1b[2J", b"-1", b"0", b"9" * 30, b"9" * 5000, b"1e999",
    b"NaN", b"null", b"true", b"{}", b"[]", b'"', b"'", b"&a", b"*a", b"<<: ", b"!!python/object ", b"2020-01-31",
    b"!!binary aGk=", b"? ", b"- ", b": ", b"[" * 2000, b"{\"a\":" * 2000, b"\xed\xa0\x80", "\u202e".encode(), b"%00",
)  # fmt: skip

_TOKENS = ("NaN", "Infinity", "-Infinity", "1e999", "9" * 5000, "[" * 3000 + "]" * 3000, '"\\ud800"', "-0", "1.5")
"""JSON that Python's own encoder does not write."""

_VALUES: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 2**31, 2**63, 2**64, 1e308, "", "\0", "a" * 5000, "../../x", "/etc/passwd", "\x1b[31m",
    "sha256:" + "0" * 64, "sha256:x", [], {}, [None], {"": None}, [[]], {"$ref": "#"}, "é\n", "*" * 40, "[!", "-", ".",
    "{workdir}/x", "/recast/run/a/x", "http://127.0.0.1:1/", "2020-01-31",
)  # fmt: skip


def mutated_bytes(data: bytes, rng: Random) -> bytes:
    """Return bytes with up to three places changed: flipped, cut, doubled, or a hostile word put in."""
    for _ in range(rng.randint(1, 3)):
        data = _changed(data, rng)
    return data


def mutated_json(data: bytes, rng: Random) -> bytes:
    """Return a JSON document with one or two of its values replaced, removed, moved or wrapped."""
    if rng.random() < 0.15:
        return mutated_bytes(data, rng)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return mutated_bytes(data, rng)
    marks: dict[str, str] = {}
    for _ in range(rng.randint(1, 2)):
        document = _with_change(document, rng, marks)
    try:
        text = json.dumps(document)
    except (ValueError, RecursionError):
        return mutated_bytes(data, rng)
    for mark, token in marks.items():
        text = text.replace(f'"{mark}"', token)
    return text.encode()


def mutated_parts(separator: bytes, one: Mutation = mutated_json) -> Mutation:
    """Return a mutation of one part of many, or of their order."""

    def mutate(data: bytes, rng: Random) -> bytes:
        parts = data.split(separator)
        index = rng.randrange(len(parts))
        match rng.randrange(8):
            case 0:
                parts.insert(index, rng.choice(parts))
            case 1 if len(parts) > 1:
                del parts[index]
            case _:
                parts[index] = one(parts[index], rng)
        return separator.join(parts)

    return mutate


def mutated_tar(data: bytes, rng: Random) -> bytes:
    """Return a tar stream with headers or contents changed, and sound checksums in nine of ten cases."""
    places = list(_headers(data))
    if not places or rng.random() < 0.1:
        return mutated_bytes(data, rng)
    changed = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        at = rng.choice(places)
        start, size, values = rng.choice(_FIELDS)
        value = rng.choice(values)
        changed[at + start : at + start + size] = value[:size].ljust(size, b"\0")
    match rng.randrange(6):
        case 0:
            at = rng.choice(places)
            changed[at:at] = changed[rng.choice(places) :][: 512 * rng.randint(1, 4)]
        case 1:
            del changed[rng.choice(places) :][: 512 * rng.randint(1, 2)]
        case 2:
            changed = bytearray(mutated_bytes(bytes(changed), rng))
    return mended_tar(bytes(changed))


def mended_tar(data: bytes) -> bytes:
    """Return a tar stream whose headers, as far as they can be told, have the checksums that they need."""
    changed = bytearray(data)
    for at in _headers(data):
        header = changed[at : at + 512]
        header[148:156] = b" " * 8
        changed[at + 148 : at + 156] = b"%06o\0 " % (sum(header) & 0o777777)
    return bytes(changed)


_NAMES = (b"", b"a", b"a/b", b"/a", b"../outside", b".wh.a", b".wh..wh..opq", b"a/../b", b"dir/", b".", b"..", b"\xff",
          b"x" * 100, b"dir/link/c", b"./a", b"dir//a", b".wh.", b".wh...", b"dir", b"link", b"\n\x1b[2J")  # fmt: skip
_SIZES = (b"0", b"1", b"777", b"1000", b"77777777777", b"-1", b"\x80" + b"\0" * 10 + b"\x05", b"\xff" * 12, b" 5", b"x",
          b"\x80" + b"\x7f" * 11)  # fmt: skip
_FIELDS = (
    (0, 100, _NAMES),
    (100, 8, (b"0004755", b"7777777", b"0", b"-1", b"\xff" * 8)),
    (108, 8, (b"0", b"7777777", b"\x80" + b"\x7f" * 7, b"\xff" * 8)),
    (124, 12, _SIZES),
    (136, 12, (*_SIZES, b"\xff" + b"\x80" * 11)),
    (156, 1, (b"0", b"1", b"2", b"3", b"5", b"6", b"x", b"g", b"L", b"K", b"S", b"\0", b"7", b"Z")),
    (157, 100, _NAMES),
    (345, 155, (b"", b"..", b"/", b"dir", b"p" * 155)),
)


def _headers(data: bytes) -> Iterator[int]:
    """Yield where headers stand, by the sizes that they say."""
    at = 0
    while at + 512 <= len(data):
        header = data[at : at + 512]
        if header.count(0) != 512:
            yield at
        digits = header[124:136].strip(b"\0 ")
        size = int(digits, 8) if digits and all(48 <= sign < 56 for sign in digits) else 0
        at += 512 + (-(-size // 512) * 512 if header[156:157] in (b"0", b"\0", b"7", b"x", b"g", b"L", b"K") else 0)


def _changed(data: bytes, rng: Random) -> bytes:
    at, length = rng.randint(0, len(data)), rng.randint(1, 16)
    match rng.randrange(6):
        case 0 if at < len(data):
            return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
        case 1:
            return data[:at] + data[at + length :]
        case 2:
            return data[:at] + data[at : at + length] * rng.randint(2, 40) + data[at + length :]
        case 3:
            return data[:at]
        case 4:
            return data[:at] + rng.randbytes(rng.randint(1, 8)) + data[at:]
    return data[:at] + rng.choice(_WORDS) + data[at + rng.choice((0, length)) :]


def _with_change(value: Any, rng: Random, marks: dict[str, str]) -> Any:
    """Return a document with a change at a place that is as likely deep as it is shallow."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice(sorted(value))
        match rng.randrange(12):
            case 0:
                return {name: item for name, item in value.items() if name != key}
            case 1:
                return {**value, rng.choice(("", "\0", "schema", "a" * 300, "__class__", "\x1b[1m")): value[key]}
            case 2:
                return {**value, key: value[rng.choice(sorted(value))]}
        return {**value, key: _with_change(value[key], rng, marks)}
    if isinstance(value, list) and value and rng.random() < 0.85:
        index = rng.randrange(len(value))
        match rng.randrange(12):
            case 0:
                return [*value[:index], *value[index + 1 :]]
            case 1:
                return [*value, *value[index : index + 1] * rng.randint(1, 300)]
        return [*value[:index], _with_change(value[index], rng, marks), *value[index + 1 :]]
    if rng.random() < 0.2:
        mark = f"mark-{len(marks)}-{rng.randrange(10**9)}"
        marks[mark] = rng.choice(_TOKENS)
        return mark
    return rng.choice((*_VALUES, [value], {"a": value}))
