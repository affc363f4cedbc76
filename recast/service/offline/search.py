"""What the script of the copy searches: the words of the index, cut into shards that are loaded when they are needed.

A shard is a script that calls `shard(name, value)`: pages from a disk may load scripts and nothing else. Words are in
the order in which the script compares them (UTF-16), so that it knows which shards hold those that begin somehow.
Positions are those of the analyses by name.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from recast.json_types import JsonDict
from recast.ledger.catalogue.shelf import Shelf
from recast.service.offline.crawl import Copied

__all__ = ["FOLDER", "items_of_list", "packed", "shards"]

FOLDER = "search"

_SHARD_LETTERS = 60_000
_ITEMS = 100
_DENSE = 12
"""From one analysis in so many on, bits take less room than positions."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LIST = re.compile(r'<ol class="list">\n(.*?)\n</ol>', re.DOTALL)
_ITEM = re.compile(r"^<li>\n.*?^</li>$", re.DOTALL | re.MULTILINE)


def items_of_list(page: str) -> list[str]:
    """Return the items of a list of analyses as they are in its page, for a script to show again."""
    found = _LIST.search(page)
    return _ITEM.findall(found[1]) if found else []


def shards(
    shelf: Shelf,
    words: Sequence[tuple[Sequence[str], Sequence[str]]],
    items: Sequence[str],
    spelled: Iterable[str],
    facets: Sequence[tuple[str, str]],
    labels: Mapping[str, Mapping[str, str]],
) -> Iterator[Copied]:
    """Yield the scripts. `items` are what is shown of each analysis, `spelled` the words that somebody may have meant,
    `facets` names with what they are called, `labels` what values of facets are called.
    """
    size = len(shelf.names)
    firsts = []
    for number, part in enumerate(_parts(_postings(words), size)):
        firsts.append(part[0][0])
        yield _shard(f"w{number}", dict(part))
    for number in range(0, size, _ITEMS):
        yield _shard(f"i{number // _ITEMS}", items[number : number + _ITEMS])
    yield _shard("known", sorted(spelled))
    bits = {
        name: {value: packed(_positions(of), size) for value, of in sorted(shelf.facets.get(name, {}).items())}
        for name, _ in facets
    }
    yield _shard("facets", bits)
    head: JsonDict = {"size": size, "words": firsts, "items": _ITEMS, "facets": facets, "labels": labels}
    yield _shard("head", head)


def packed(positions: Sequence[int], size: int) -> str:
    """Return positions in rising order as a short text: distances to base 36, or `=` and bits in base 64."""
    if len(positions) * _DENSE > size:
        octets = bytearray(size // 8 + 1)
        for at in positions:
            octets[at >> 3] |= 1 << (at & 7)
        return f"={base64.b64encode(octets).decode()}"
    before, found = 0, []
    for at in positions:
        found.append(_base36(at - before))
        before = at
    return " ".join(found)


def _postings(words: Sequence[tuple[Sequence[str], Sequence[str]]]) -> dict[str, tuple[list[int], list[int]]]:
    """Return where each word is: anywhere, and in names."""
    found: dict[str, tuple[list[int], list[int]]] = {}
    for at, (names, all_) in enumerate(words):
        for which, those in ((0, {*all_, *names}), (1, set(names))):
            for word in those:
                found.setdefault(word, ([], []))[which].append(at)
    return found


def _parts(postings: Mapping[str, tuple[list[int], list[int]]], size: int) -> Iterator[list[tuple[str, list[str]]]]:
    part: list[tuple[str, list[str]]] = []
    letters = 0
    for word in sorted(postings, key=lambda it: it.encode("utf-16-be")):
        entry = (word, [packed(those, size) for those in postings[word] if those])
        length = len(word) + sum(map(len, entry[1])) + 8
        if part and letters + length > _SHARD_LETTERS:
            yield part
            part, letters = [], 0
        part.append(entry)
        letters += length
    if part:
        yield part


def _shard(name: str, value: object) -> Copied:
    content = f"shard({json.dumps(name)},{json.dumps(value, separators=(',', ':'))});\n"
    return Copied(f"{FOLDER}/{name}.js", content.encode("ascii"))


def _positions(bits: int) -> list[int]:
    octets = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    return [at * 8 + bit for at, octet in enumerate(octets) if octet for bit in range(8) if octet >> bit & 1]


def _base36(number: int) -> str:
    if number < 36:
        return _DIGITS[number]
    return _base36(number // 36) + _DIGITS[number % 36]
