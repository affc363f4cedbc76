"""All tests as one family: Holm's correction, then the word that the equivalence test has for each quantity."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from recast.ci.compare.comparison import Row
from recast.ci.compare.judging.evidence import Settled, Test
from recast.ci.compare.numerics import holm
from recast.ci.compare.quantity import Quantity
from recast.ci.compare.rules import Rules

__all__ = ["Judged", "family_rows"]

_MOST_EVENTS = 1e15

Judged = Settled | Test
Both = tuple[Quantity | None, Quantity | None]


def family_rows(
    judged: Mapping[str, Judged],
    sides: tuple[Mapping[str, Quantity], Mapping[str, Quantity]],
    shaky: Mapping[str, str],
    rules: Rules,
) -> Iterator[Row]:
    """Yield a row for each quantity; those that are unstable are no part of the family."""
    chances = {pointer: it.p for pointer, it in judged.items() if not isinstance(it, Settled) and pointer not in shaky}
    corrected = dict(zip(chances, holm(list(chances.values())), strict=True))
    each = rules.alpha / max(len(chances), 1)
    for pointer, it in judged.items():
        both = sides[0].get(pointer), sides[1].get(pointer)
        if isinstance(it, Settled):
            row = _settled_row(pointer, both, it)
        else:
            row = _tested_row(pointer, both, it, chances.get(pointer), corrected.get(pointer), rules, each)
        yield replace(row, verdict="unstable", why=shaky[pointer]) if pointer in shaky else row


def _settled_row(pointer: str, both: Both, it: Settled) -> Row:
    one = both[1] or both[0]
    assert one is not None
    return Row(
        pointer,
        one.kind,
        one.unit,
        *both,
        it.mode,
        it.word,
        it.why,
        delta=it.delta,
        tolerance=it.tolerance,
        visible=it.visible,
        detail=it.detail,
    )


def _tested_row(
    pointer: str, both: Both, test: Test, p: float | None, p_holm: float | None, rules: Rules, each: float
) -> Row:
    """Return the row of a test with its verdict, the word that the equivalence test has for it."""
    one = both[1] or both[0]
    assert one is not None
    word = _word(test, p_holm, rules)
    needed = _needed(test, one, rules, each) if word == "undecided" else None
    row = Row(
        pointer,
        one.kind,
        one.unit,
        *both,
        "independent",
        word,
        test.words,
        delta=test.delta,
        tolerance=test.tolerance,
        visible=test.visible(each),
        pull=test.pull,
        p=test.p if p is None else p,
        p_holm=p_holm,
        needed=needed,
        detail=test.detail,
    )
    return row if word != "undecided" else replace(row, why=_why_open(row, one))


def _word(test: Test, p_holm: float | None, rules: Rules) -> str:
    if p_holm is not None and p_holm < rules.alpha and test.is_beyond():
        return "moved"
    return "within" if test.is_inside(rules.alpha) else "undecided"


def _why_open(row: Row, one: Quantity) -> str:
    """Return what is known of a quantity that is undecided: the visible size, and how many events would decide."""
    seen = f"a shift of {row.visible_words} would be seen" if row.visible_words else ""
    more = f"{row.needed:,} {one.sample} would decide" if row.needed is not None else ""
    if row.tolerance == 0.0:
        zero = row.before is not None and row.before.value == 0.0
        more = (
            "a fraction of 0 is nothing: an absolute tolerance would decide" if zero else "no change is allowed at all"
        )
    return "; ".join(filter(None, (row.why, seen, more)))


def _needed(test: Test, one: Quantity, rules: Rules, each: float) -> int | None:
    """Return how many events in all would decide: of the sample if its size is known, else of those counted."""
    factor = test.more_events(rules.alpha, each)
    own = one.generated or one.entries or sum(each_bin.raw or 0 for each_bin in one.bins)
    if factor is None or not own or not math.isfinite(factor) or factor * own > _MOST_EVENTS:
        return None
    digits: int = 10 ** max(0, int(math.log10(max(factor * own, 1.0))) - 1)
    return math.ceil(factor * own / digits) * digits
