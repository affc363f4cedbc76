"""The rank of each item: one below the lowest that it comes from."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["ranks"]


def ranks(count: int, arrows: Iterable[tuple[int, int]]) -> list[int]:
    """Return the rank of the items 0 to count-1, from 0 on, such that arrows point down.

    In a circle, which a DAG does not have, the first of its items counts as the start.
    """
    after: list[list[int]] = [[] for _ in range(count)]
    missing = [0] * count
    for source, target in arrows:
        if source != target:
            after[source].append(target)
            missing[target] += 1
    rank, done = [0] * count, [False] * count
    free = [item for item in range(count) if not missing[item]]
    later = iter(range(count))
    while True:
        while free:
            item = free.pop()
            if done[item]:
                continue
            done[item] = True
            for target in after[item]:
                if not done[target]:
                    rank[target] = max(rank[target], rank[item] + 1)
                    missing[target] -= 1
                    if not missing[target]:
                        free.append(target)
        stuck = next((item for item in later if not done[item]), None)
        if stuck is None:
            return rank
        free.append(stuck)
