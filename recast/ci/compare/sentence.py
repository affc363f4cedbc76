"""One sentence for the merge request."""

from __future__ import annotations

import math

from recast.ci.compare.comparison import Comparison, Row, by_size
from recast.ci.compare.judging.words import arrow, shown
from recast.counted import are, counted

__all__ = ["name_of", "sentence"]

_NAMES = {
    "cls_obs": "observed CLs",
    "cls_exp/median": "expected CLs",
    "mu_ul_obs": "observed limit on mu",
    "mu_ul_exp/median": "expected limit on mu",
    "xsec_ul_obs_fb": "observed limit on the cross section [fb]",
    "xsec_ul_exp_fb/median": "expected limit on the cross section [fb]",
}
_LIMITS = ("cls", "limit")


def sentence(found: Comparison) -> str:
    """Return what a comparison says in one sentence."""
    if not found.rows:
        return "There is nothing to compare: no run has a quantity."
    if found.mode == "none":
        return f"There is no reference to compare with: {_quantities(found)} {are(len(found.rows))} new."
    words = {"moved": _moved, "undecided": _undecided}.get(found.word, _passed)(found)
    return words + _unstable(found)


def name_of(pointer: str) -> str:
    """Return a quantity in words, such as `observed CLs of limit/squark_1600_400`; else its pointer without the run."""
    for ending, words in _NAMES.items():
        if pointer.endswith(f"/{ending}"):
            return f"{words} of {pointer.removesuffix(f'/{ending}').partition('/')[2]}"
    return pointer.partition("/")[2] or pointer


def _moved(found: Comparison) -> str:
    moved = by_size([row for row in found.rows if row.verdict in ("moved", "gone")])
    first = next((one for one in found.changed if one.first and _is_of(one.pointer, moved)), None)
    first = first or next((one for one in found.changed if one.first), None)
    said = [f"{first.region}: {first.words}"] if first is not None else []
    observed = _answer(found, moved)
    if observed is not None:
        said.append(_change(observed))
    elif first is None or all(row.pointer != first.pointer for row in moved):
        said.append(_change(moved[0]))
    told = " ".join(said)
    flipped = next((row for row in moved if row.kind == "exclusion" and row.before and row.after), None)
    if flipped is not None and flipped.before and flipped.after and name_of(flipped.pointer) not in told:
        said.append(f"{flipped.before.text} → {flipped.after.text}")
    rest = f" ({len(moved):,} of {_quantities(found)} moved)"
    return "; ".join(said) + rest + "."


def _answer(found: Comparison, moved: list[Row]) -> Row | None:
    """Return the limit to speak of: one that moved, an observed one first, else an observed one that changed."""
    answers = [row for row in moved if row.kind in _LIMITS and row.before and row.after]
    answers.sort(key=lambda row: "_obs" not in row.pointer)
    changed = [row for row in found.rows if row.kind in _LIMITS and "_obs" in row.pointer and row.verdict == "within"]
    return next(iter([*answers, *by_size(changed)]), None)


def _is_of(pointer: str, rows: list[Row]) -> bool:
    return any(row.pointer == pointer for row in rows)


def _change(row: Row) -> str:
    name = name_of(row.pointer)
    if row.verdict == "gone":
        return f"{name} is gone"
    if row.kind in ("histogram", "contour") or row.before is None or row.after is None:
        return f"{name}: {row.why}"
    if row.before.text or row.after.text:
        return f"{name}: {row.before.text or shown(row.before.value)} → {row.after.text or shown(row.after.value)}"
    return f"{name} {arrow(row.before.value, row.after.value)}"


def _undecided(found: Comparison) -> str:
    rows = [row for row in found.rows if row.verdict == "undecided"]
    largest = _first(rows)
    needed = max((row.needed for row in rows if row.needed is not None), default=None)
    words = f"{len(rows):,} of {_quantities(found)} {are(len(rows))} undecided"
    said = [f"{words}, the largest change is that of {_change(largest)}"]
    sample = next((row.after.sample for row in rows if row.needed == needed and row.after is not None), "events")
    # One number decides about all but those that are rarest, which would ask for the age of the universe.
    usual = _usual_need(rows)
    if needed is not None and usual is not None:
        said.append(f"{usual:,} {sample} would decide half of them" + (f", {needed:,} all" if needed > usual else ""))
    if largest.visible is not None and math.isfinite(largest.visible):
        said.append(f"a shift of {largest.visible_words} would be seen")
    return "; ".join(said) + "."


def _first(rows: list[Row]) -> Row:
    """Return the row to speak of: an observed limit, else the largest change of something that can be decided."""
    ordered = by_size(rows)
    answers = [row for row in ordered if row.kind in _LIMITS and "_obs" in row.pointer]
    return next(iter([*answers, *(row for row in ordered if row.tolerance), *ordered]))


def _usual_need(rows: list[Row]) -> int | None:
    known = sorted(row.needed for row in rows if row.needed is not None)
    return known[(len(known) - 1) // 2] if known else None


def _passed(found: Comparison) -> str:
    counts = found.counts
    total = _quantities(found)
    if counts.get("same", 0) == len(found.rows):
        return f"Nothing moved: {f'all {total}' if len(found.rows) > 1 else total} {are(len(found.rows))} the same."
    if counts.get("unstable", 0) == len(found.rows):
        return "Nothing could be judged."
    words = {"same": "the same", "within": "within tolerance", "announced": "announced", "new": "new"}
    parts = [f"{counts[key]:,} {text}" for key, text in words.items() if counts.get(key)]
    said = (
        f"Nothing moved that was not announced: of {total} "
        if counts.get("announced")
        else f"Nothing moved: of {total} "
    )
    text = said + f"{', '.join(parts)}"
    within = by_size([row for row in found.rows if row.verdict == "within" and row.delta])
    if within and within[0].ratio is not None and math.isfinite(within[0].ratio):
        text += f"; the largest change is {within[0].ratio:.0%} of its tolerance ({name_of(within[0].pointer)})"
    if found.changed:
        first = found.changed[0]
        text += f"; {first.region}: {first.words}"
    return f"{text}."


def _quantities(found: Comparison) -> str:
    return counted(len(found.rows), "quantity", "quantities")


def _unstable(found: Comparison) -> str:
    number = found.counts.get("unstable", 0)
    if not number:
        return ""
    words = "differs" if number == 1 else "differ"
    return f" Not judged: {counted(number, 'quantity', 'quantities')} that {words} between two runs of the reference."
