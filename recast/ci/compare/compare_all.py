"""The comparison of two commits: every quantity judged, then the family as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from recast.ci.compare.afterwards import announce, changed_events, follow
from recast.ci.compare.announced import Announced, announcements
from recast.ci.compare.comparison import Comparison, Row
from recast.ci.compare.control import same_numbers, unstable
from recast.ci.compare.family import Judged, family_rows
from recast.ci.compare.judging.evidence import Settled
from recast.ci.compare.judging.independent import independent
from recast.ci.compare.judging.paired import paired as judge_paired
from recast.ci.compare.missing import unlike
from recast.ci.compare.quantity import Published, Quantity
from recast.ci.compare.rules import Rules
from recast.ci.compare.sentence import sentence
from recast.json_types import JsonObject

__all__ = ["compare"]


def compare(
    reference: Sequence[Quantity] | None,
    candidate: Sequence[Quantity],
    *,
    control: Sequence[Quantity] | None = None,
    published: Iterable[Published | JsonObject] = (),
    paired: bool | Mapping[str, bool],
    rules: Rules,
    announced: Iterable[Announced | JsonObject | str] = (),
    control_paired: bool | Mapping[str, bool] | None = None,
) -> Comparison:
    """Compare the quantities of a candidate with those of the reference; a commit without a reference passes.

    `paired` says whether the outputs of all random stages have the same digests in both, for all runs or by the name of
    each. `control` has the quantities of a second run of the reference; `control_paired` says whether its random
    numbers are those of the first, and is told by the control's numbers if it is not given. `published` values may be
    rows `{pointer, value, error, source}`, `announced` changes rows of `accepted`, or patterns.
    """
    if not reference:
        rows = tuple(_new(one) for one in candidate)
        return _in_words(Comparison(_with_published(rows, published), "none", rules.alpha))
    sides = {one.pointer: one for one in reference}, {one.pointer: one for one in candidate}
    modes = {name: _is_paired(paired, name) for name in {one.run for one in (*reference, *candidate)}}
    again = {one.pointer: one for one in control or ()}
    known = same_numbers(sides[0], again)
    repeats = known if control_paired is None else {name: _is_paired(control_paired, name) for name in known}
    shaky = unstable(sides[0], again, rules, repeats)
    scatter = {pointer: one for pointer, one in again.items() if not repeats[one.run]}
    judged = {
        pointer: _judge(sides[0].get(pointer), sides[1].get(pointer), scatter.get(pointer), modes, rules)
        for pointer in _in_order(*sides)
    }
    told = announcements(announced)
    rows = follow(tuple(announce(row, told) for row in family_rows(judged, sides, shaky, rules)))
    mode = "paired" if all(modes[name] for name in {one.run for one in reference}) else "independent"
    changed = tuple(changed_events(rows))
    return _in_words(Comparison(_with_published(rows, published), mode, rules.alpha, changed))


def _in_words(found: Comparison) -> Comparison:
    return replace(found, said=sentence(found))


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


def _new(one: Quantity) -> Row:
    return Row(one.pointer, one.kind, one.unit, None, one, "none", "new", "there is no reference")


def _with_published(rows: tuple[Row, ...], published: Iterable[Published | JsonObject]) -> tuple[Row, ...]:
    """Return rows with published values: those of the entry, else those that the result itself has."""
    known = {one.pointer: one for one in map(_published, published)}
    found = ((row, known.get(row.pointer) or _own(row)) for row in rows)
    return tuple(row if theirs is None else replace(row, published=theirs) for row, theirs in found)


def _published(one: Published | JsonObject) -> Published:
    if isinstance(one, Published):
        return one
    return Published(str(one["pointer"]), float(one["value"]), one.get("error"), str(one.get("source") or ""))


def _own(row: Row) -> Published | None:
    sides = (side.published for side in (row.after, row.before) if side is not None)
    return next((one for one in sides if one is not None), None)
