"""A drawing with few boxes of a workflow with many stages: those that come equally early become one box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Fold", "folds_of"]


@dataclass(frozen=True, slots=True)
class Fold:
    """One box: the stages in it, by their places, and the boxes that come before it."""

    members: tuple[int, ...]
    after: tuple[int, ...]


def folds_of(names: Sequence[str], after: Sequence[Sequence[str]], most: int) -> list[Fold]:
    """Return at most so many boxes for stages, each named once, of which it is known which others come before them.

    Names of others that are not there are left out, and so is what would make a circle.
    """
    places = {name: at for at, name in enumerate(names)}
    before = [[places[name] for name in dict.fromkeys(those) if name in places] for those in after]
    ranks = _ranks(before)
    if len(names) <= most:
        group = {at: at for at in range(len(names))}
    else:
        levels = max(ranks) + 1
        group = {at: rank * min(levels, most) // levels for at, rank in enumerate(ranks)}
    members: dict[int, list[int]] = {}
    for at in range(len(names)):
        members.setdefault(group[at], []).append(at)
    box = {key: number for number, key in enumerate(sorted(members))}
    return [
        Fold(tuple(those), tuple(_boxes_before(those, key, group, box, before, ranks)))
        for key, those in sorted(members.items())
    ]


def _boxes_before(
    those: Sequence[int],
    key: int,
    group: Mapping[int, int],
    box: Mapping[int, int],
    before: Sequence[Sequence[int]],
    ranks: Sequence[int],
) -> list[int]:
    found = {box[group[one]] for at in those for one in before[at] if group[one] != key and ranks[one] < ranks[at]}
    return sorted(found)


def _ranks(before: Sequence[Sequence[int]]) -> list[int]:
    """Return how many stages come before each one at least; those of a circle come last."""
    ranks, waits = [0] * len(before), [len(those) for those in before]
    following: list[list[int]] = [[] for _ in before]
    for at, those in enumerate(before):
        for one in those:
            following[one].append(at)
    ready = [at for at, count in enumerate(waits) if not count]
    for at in ready:  # it grows
        for other in following[at]:
            ranks[other] = max(ranks[other], ranks[at] + 1)
            waits[other] -= 1
            if not waits[other]:
                ready.append(other)
    last = max((ranks[at] for at in ready), default=-1) + 1
    done = set(ready)
    return [rank if at in done else last for at, rank in enumerate(ranks)]
