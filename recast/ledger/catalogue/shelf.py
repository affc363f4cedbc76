"""The facets of all analyses in memory, as bits: a search over ten thousand costs a tenth of a millisecond.

An analysis is a position, in the order of names; a set of analyses is a whole number with the bits of their positions;
a count is the number of bits that two of them share.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Shelf"]


@dataclass(frozen=True)
class Shelf:
    """All analyses at one generation of the index: `numbers` by position, and the bits of each value of a facet."""

    generation: str
    names: Sequence[str]
    numbers: Sequence[int]
    positions: Mapping[int, int]
    facets: Mapping[str, Mapping[str, int]]

    @staticmethod
    def of(generation: str, rows: Iterable[tuple[int, str, Mapping[str, Sequence[str]]]]) -> Shelf:
        """Return the shelf of rows with number, name and facets, which are in the order of names."""
        names: list[str] = []
        numbers: list[int] = []
        members: dict[str, dict[str, list[int]]] = {}
        for position, (number, name, facets) in enumerate(rows):
            names.append(name)
            numbers.append(number)
            for facet, values in facets.items():
                for value in values:
                    members.setdefault(facet, {}).setdefault(value, []).append(position)
        size = len(names)
        bits = {
            facet: {value: bits_of(those, size) for value, those in values.items()} for facet, values in members.items()
        }
        return Shelf(generation, names, numbers, {number: at for at, number in enumerate(numbers)}, bits)

    @property
    def everything(self) -> int:
        """The bits of all analyses."""
        return (1 << len(self.names)) - 1

    def bits(self, numbers: Iterable[int]) -> int:
        """Return the bits of analyses by their numbers; unknown ones are newer than this shelf, and left out."""
        known = self.positions
        return bits_of([known[it] for it in numbers if it in known], len(self.names))

    def with_values(self, wanted: Mapping[str, Sequence[str]]) -> int:
        """Return the bits of the analyses that have, for each facet, one of the values."""
        found = self.everything
        for facet, values in wanted.items():
            known, either = self.facets.get(facet, {}), 0
            for value in values:
                either |= known.get(value, 0)
            found &= either
        return found

    def counts(self, bits: int, most: int) -> dict[str, list[tuple[str, int]]]:
        """Return how many of some analyses have each value of each facet: the most frequent values first."""
        found = {}
        for facet, values in self.facets.items():
            counted = [(value, count) for value, those in values.items() if (count := (bits & those).bit_count())]
            found[facet] = sorted(counted, key=lambda pair: (-pair[1], pair[0]))[:most]
        return found


def bits_of(positions: Iterable[int], size: int) -> int:
    """Return the number with the bits of positions below `size`."""
    octets = bytearray(size // 8 + 1)
    for at in positions:
        octets[at >> 3] |= 1 << (at & 7)
    return int.from_bytes(octets, "little")


def first_of(bits: int, most: int) -> Iterator[int]:
    """Yield the positions of the lowest bits."""
    while bits and most:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
        most -= 1
