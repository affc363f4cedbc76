"""The comparison of two commits: every quantity judged, then the family as a whole."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from recast.ci.compare.announced import Announced, announcements
from recast.ci.compare.comparison import ChangedEvents, Comparison, Row
from recast.ci.compare.control import unstable
from recast.ci.compare.judging.evidence import Settled, Test
from recast.ci.compare.judging.independent import independent
from recast.ci.compare.judging.paired import paired as judge_paired
from recast.ci.compare.missing import unlike
from recast.ci.compare.numerics import holm
from recast.ci.compare.quantity import WORDS, Published, Quantity
from recast.ci.compare.rules import Rules
from recast.json_types import JsonObject

__all__ = ["compare"]

_MOST_EVENTS = 1e15
_WORST = ("moved", "gone", "undecided", "unstable", "announced", "within", "new", "same")
Judged = Settled | Test


def compare(
    reference: Sequence[Quantity] | None,
    candidate: Sequence[Quantity],
    *,
    control: Sequence[Quantity] | None = None,
    published: Iterable[Published] = (),
    paired: bool | Mapping[str, bool],
    rules: Rules,
    announced: Iterable[Announced | JsonObject | str] = (),
    control_paired: bool | None = None,
) -> Comparison:
    """Compare the quantities of a candidate with those of the reference; a commit without a reference passes.

    `paired` says whether the outputs of all random stages have the same digests in both, for all runs or by the name of
    each. `control` has the quantities of a second run of the reference; `control_paired` says whether its random
    numbers are those of the first, and is `paired` if not given.
    """
    if not reference:
        rows = tuple(_new(one) for one in candidate)
        return Comparison(_with_published(rows, published), "none", rules.alpha)
    sides = {one.pointer: one for one in reference}, {one.pointer: one for one in candidate}
    modes = {name: _is_paired(paired, name) for name in {one.run for one in (*reference, *candidate)}}
    again = {one.pointer: one for one in control or ()}
    same_numbers = all(modes.values()) if control_paired is None else control_paired
    shaky = unstable(sides[0], again, rules, is_paired=same_numbers)
    scatter = {} if same_numbers else again
    judged = {
        pointer: _judge(sides[0].get(pointer), sides[1].get(pointer), scatter.get(pointer), modes, rules)
        for pointer in _in_order(*sides)
    }
    rows = tuple(_rows(judged, sides, shaky, rules))
    rows = _follow(tuple(_announce(row, announcements(announced), rules) for row in rows))
    mode = "paired" if all(modes.values()) else "independent"
    changed = tuple(_changed(rows)) if any(modes.values()) else ()
    return Comparison(_with_published(rows, published), mode, rules.alpha, changed)


def _is_paired(paired: bool | Mapping[str, bool], run: str) -> bool:
    return paired if isinstance(paired, bool) else paired.get(run, False)


def _in_order(before: Mapping[str, Quantity], after: Mapping[str, Quantity]) -> list[str]:
    return [*before, *(pointer for pointer in after if pointer not in before)]


def _judge(
    before: Quantity | None, after: Quantity | None, control: Quantity | None, modes: Mapping[str, bool], rules: Rules
) -> Judged:
    one = before or after
    assert one is not None
    mode = "paired" if modes[one.run] else "independent"
    found = unlike(before, after, mode)
    if found is not None or before is None or after is None:
        return found or Settled("same", mode, "")
    return judge_paired(before, after, rules) if modes[one.run] else independent(before, after, control, rules)


def _rows(
    judged: Mapping[str, Judged],
    sides: tuple[Mapping[str, Quantity], Mapping[str, Quantity]],
    shaky: Mapping[str, str],
    rules: Rules,
) -> Iterator[Row]:
    """Yield a row for each quantity; those that are unstable are no part of the family."""
    tests = {pointer: it for pointer, it in judged.items() if not isinstance(it, Settled) and pointer not in shaky}
    chances = {pointer: test.p for pointer, test in tests.items()}
    corrected = dict(zip(chances, holm(list(chances.values())), strict=True))
    each = rules.alpha / max(len(tests), 1)
    for pointer, it in judged.items():
        before, after = sides[0].get(pointer), sides[1].get(pointer)
        one = after or before
        assert one is not None
        if isinstance(it, Settled):
            row = Row(
                pointer, one.kind, one.unit, before, after, it.mode, it.word, it.why, None, it.delta, it.tolerance,
                it.visible, detail=it.detail,
            )  # fmt: skip
        else:
            p = chances.get(pointer, it.p)
            row = _tested(Row(pointer, one.kind, one.unit, before, after, "independent", "", ""), it, one, rules, each)
            row = _decided(replace(row, p=p, p_holm=corrected.get(pointer)), it, one, rules, each)
        yield replace(row, verdict="unstable", why=shaky[pointer]) if pointer in shaky else row


def _tested(row: Row, test: Test, one: Quantity, rules: Rules, each: float) -> Row:
    return replace(
        row,
        delta=test.delta,
        tolerance=test.tolerance,
        visible=test.visible(each),
        pull=test.pull,
        detail=test.detail,
    )


def _decided(row: Row, test: Test, one: Quantity, rules: Rules, each: float) -> Row:
    """Return the row of a test with its verdict, the word that the equivalence test has for it."""
    if row.p_holm is not None and row.p_holm < rules.alpha and test.is_beyond():
        return replace(row, verdict="moved", why=test.words)
    if test.is_inside(rules.alpha):
        return replace(row, verdict="within", why=test.words)
    needed = _needed(test, one, rules, each)
    if needed is None:
        more = "no change is allowed, which no number of events proves" if test.tolerance == 0.0 else ""
    else:
        more = f"{needed:,} {one.sample} would decide"
    seen = f"a shift of {row.visible_words} would be seen" if math.isfinite(row.visible or math.inf) else ""
    return replace(row, verdict="undecided", needed=needed, why="; ".join(filter(None, (test.words, seen, more))))


def _needed(test: Test, one: Quantity, rules: Rules, each: float) -> int | None:
    """Return how many events in all would decide: of the sample if its size is known, else of those counted."""
    factor = test.more_events(rules.alpha, each)
    own = one.generated or one.entries or sum(each_bin.raw or 0 for each_bin in one.bins)
    if factor is None or not own or not math.isfinite(factor) or factor * own > _MOST_EVENTS:
        return None
    digits: int = 10 ** max(0, int(math.log10(max(factor * own, 1.0))) - 1)
    return math.ceil(factor * own / digits) * digits


def _announce(row: Row, known: Sequence[Announced], rules: Rules) -> Row:
    if row.verdict not in ("moved", "gone", "undecided"):
        return row
    slack = row.tolerance or 0.0
    if row.pull and row.delta is not None and row.kind != "histogram":
        slack = max(slack, 3.0 * abs(row.delta / row.pull))
    slack += 1e-9 * abs(row.delta or 0.0)
    found = next((one for one in known if one.covers(row.pointer, row.delta, slack)), None)
    return (
        row if found is None else replace(row, verdict="announced", why="; ".join((found.words, row.why)).rstrip("; "))
    )


def _follow(rows: tuple[Row, ...]) -> tuple[Row, ...]:
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
    word = "within" if worst in ("same", "new") else worst
    text = f"{row.before.text if row.before else 'none'} → {row.after.text if row.after else 'none'}"
    return replace(row, verdict=word, why=f"{text}; it follows from the numbers beside it")


def _parent(row: Row) -> str:
    return row.pointer.rpartition("/")[0]


def _changed(rows: Sequence[Row]) -> Iterator[ChangedEvents]:
    """Yield the steps of cutflows in which another number of the same events is left."""
    seen: set[str] = set()
    for row in rows:
        before, after = row.before, row.after
        if row.mode != "paired" or row.kind != "sum" or before is None or after is None or row.verdict == "unstable":
            continue
        if (
            before.raw is None
            or after.raw is None
            or before.raw == after.raw
            or not before.source[1].startswith("/steps")
        ):
            continue
        base, _, step = row.pointer.rpartition("/")
        yield ChangedEvents(row.pointer, base.rpartition("/")[2], step, before.raw, after.raw, base not in seen)
        seen.add(base)


def _new(one: Quantity) -> Row:
    return Row(one.pointer, one.kind, one.unit, None, one, "none", "new", "there is no reference")


def _with_published(rows: tuple[Row, ...], published: Iterable[Published]) -> tuple[Row, ...]:
    """Return rows with published values: those of the entry, else those that the result itself has."""
    known = {one.pointer: one for one in published}
    return tuple(replace(row, published=known.get(row.pointer) or _own(row)) for row in rows)


def _own(row: Row) -> Published | None:
    sides = (side.published for side in (row.after, row.before) if side is not None)
    return next((one for one in sides if one is not None), None)
