"""Sets of array indexes in Slurm's notation: `0-4,7,9-13:2%50`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

__all__ = ["indexes_of", "range_text", "split_job_id", "task_ids"]

_PART = re.compile(r"(\d{1,9})(?:-(\d{1,9})(?::(\d{1,9}))?)?", re.ASCII)
_JOB_ID = re.compile(r"(\d{1,18})(?:_(?:(\d{1,9})|\[([-0-9,:]+)(?:%\d+)?\]))?", re.ASCII)
_MOST = 4_000_000
"""Slurm's own limit on MaxArraySize; an answer with more is not valid."""


def split_job_id(text: str) -> tuple[str, tuple[int, ...] | None]:
    """Return the array's id and the indexes of `12`, `12_3` or `12_[0-4,7%2]`; None instead of indexes for the first.

    Raises ValueError for anything else.
    """
    match = _JOB_ID.fullmatch(text)
    if match is None:
        raise ValueError(f"not a job id: {text[:100]!r}")
    base, one, many = match.groups()
    if one is not None:
        return base, (int(one),)
    return base, tuple(indexes_of(many)) if many is not None else None


def indexes_of(text: str) -> Iterator[int]:
    """Yield the indexes of `0-4,7,9-13:2`; raise ValueError for anything else."""
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(f"not a range of indexes: {part[:100]!r}")
        first, last, step = int(match[1]), int(match[2] or match[1]), int(match[3] or 1)
        if step == 0 or last - first >= _MOST:
            raise ValueError(f"not a range of indexes: {part[:100]!r}")
        yield from range(first, last + 1, step)


def range_text(indexes: Iterable[int]) -> str:
    """Return indexes in Slurm's shortest notation: `0-4,7`."""
    spans: list[list[int]] = []
    for index in sorted(set(indexes)):
        if spans and index == spans[-1][1] + 1:
            spans[-1][1] = index
        else:
            spans.append([index, index])
    return ",".join(f"{first}" if first == last else f"{first}-{last}" for first, last in spans)


def task_ids(native_ids: Iterable[str], most_chars: int = 4000) -> list[str]:
    """Return jobs as few arguments for scancel: the tasks of an array combined, none longer than `most_chars`."""
    whole: dict[str, None] = {}
    tasks: dict[str, list[int]] = {}
    for native_id in native_ids:
        base, indexes = split_job_id(native_id)
        if indexes is None:
            whole[base] = None
        else:
            tasks.setdefault(base, []).extend(indexes)
    words = list(whole)
    for base, indexes_ in tasks.items():
        if base not in whole:
            words += [f"{base}_[{text}]" for text in _cut(range_text(indexes_), most_chars)]
    return words


def _cut(text: str, most_chars: int) -> Iterator[str]:
    while len(text) > most_chars:
        at = text.rfind(",", 0, most_chars)
        yield text[:at]
        text = text[at + 1 :]
    yield text
