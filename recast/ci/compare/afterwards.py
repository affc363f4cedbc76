"""What follows from verdicts: announced changes, words that follow numbers, steps at which events changed side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from recast.ci.compare.announced import Announced
from recast.ci.compare.comparison import ChangedEvents, Row
from recast.ci.compare.quantity import WORDS

__all__ = ["announce", "changed_events", "follow"]

_WORST = ("moved", "gone", "undecided", "unstable", "announced", "within", "new", "same")


def announce(row: Row, known: Sequence[Announced]) -> Row:
    """Return a row that blocks as `announced`, if somebody announced this change."""
    if row.verdict not in ("moved", "gone", "undecided"):
        return row
    slack = row.tolerance or 0.0
    if row.pull and row.delta is not None and row.kind != "histogram":
        slack = max(slack, 3.0 * abs(row.delta / row.pull))
    slack += 1e-9 * abs(row.delta or 0.0)
    found = next((one for one in known if one.covers(row.pointer, row.delta, slack)), None)
    if found is None:
        return row
    return replace(row, verdict="announced", why="; ".join(filter(None, (found.words, row.why))))


def follow(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Return rows in which words that follow from numbers have the worst verdict of the numbers beside them."""
    numbers: dict[str, list[str]] = {}
    for row in rows:
        if row.kind not in WORDS:
            numbers.setdefault(_parent(row), []).append(row.verdict)
            numbers.setdefault(_parent(row).rpartition("/")[0], []).append(row.verdict)  # bands lie one deeper
    return tuple(_followed(row, numbers.get(_parent(row), [])) for row in rows)


def _followed(row: Row, verdicts: Sequence[str]) -> Row:
    follows = row.kind == "exclusion" or (row.kind == "word" and row.mode == "independent")
    if not follows or row.verdict not in ("moved", "undecided") or not verdicts:
        return row
    worst = min(verdicts, key=_WORST.index)
    text = f"{row.before.text if row.before else 'none'} → {row.after.text if row.after else 'none'}"
    if worst == "same" and row.kind == "exclusion":
        return replace(row, verdict="moved", why=f"{text}, while the numbers beside it are the same")
    word = "within" if worst in ("same", "new") else worst
    return replace(row, verdict=word, why=f"{text}; it follows from the numbers beside it")


def _parent(row: Row) -> str:
    return row.pointer.rpartition("/")[0]


def changed_events(rows: Sequence[Row]) -> Iterator[ChangedEvents]:
    """Yield the steps of cutflows in which another number of the same events is left."""
    seen: set[str] = set()
    for row in rows:
        if row.mode != "paired" or row.verdict == "unstable" or row.before is None or row.after is None:
            continue
        is_step, before, after = row.before.source[1].startswith("/steps"), row.before.raw, row.after.raw
        if not is_step or before is None or after is None or before == after:
            continue
        base, _, step = row.pointer.rpartition("/")
        yield ChangedEvents(row.pointer, base.rpartition("/")[2], step, before, after, base not in seen)
        seen.add(base)
