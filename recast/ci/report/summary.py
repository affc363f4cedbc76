"""The summary for a merge request, as Markdown that GitHub, GitLab, Gitea and Forgejo render."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from recast.ci.report.markdown import block, code, prose
from recast.ci.report.rows import COLUMNS, all_rows, by_importance, cells
from recast.counted import counted
from recast.json_types import JsonObject

__all__ = ["MOST_ROWS", "SUMMARY_BYTES", "summary"]

SUMMARY_BYTES = 60_000
"""Largest summary: forges cut or refuse longer comments."""
MOST_ROWS = 15
_MOST_TESTS = 10
_MOST_NAMES = 12
_QUIET = ("same", "new")
_CUT = "\n\nThe rest is left out here; `index.html` has all of it.\n"


def summary(report: JsonObject, comparison: JsonObject | None, pictures: Sequence[tuple[str, str]] = ()) -> str:
    """Return the summary: one sentence, what failed, at most 15 quantities, one picture, how to do it again.

    `pictures` are address and title; the first is shown.
    """
    lines = [
        *_heading(report),
        *_failures(report),
        *_table(comparison, report),
        *_picture(pictures),
        *_ran_again(report),
        *_again(report),
    ]
    return _short_enough("\n".join(lines).rstrip() + "\n")


def _heading(report: JsonObject) -> Iterator[str]:
    word, sentence = str(report.get("word", "")), str(report.get("sentence", ""))
    name, version = str(report.get("analysis") or "this repository"), report.get("version")
    about = f"{name} {version}" if version else name
    yield f"### {code(about)}: {prose(word)}"
    yield ""
    yield prose(sentence)
    yield ""
    parts = []
    if commit := report.get("commit"):
        parts.append(f"commit {code(str(commit)[:12])}")
    if reference := (report.get("reference") or {}).get("commit"):
        parts.append(f"reference {code(str(reference)[:12])}")
    mode = {
        "paired": "the same events in both (paired): each difference is real",
        "independent": "different events (independent): Monte Carlo errors decide",
        "none": "nothing to compare with",
    }.get(str(report.get("mode")), "")
    if mode:
        parts.append(mode)
    if parts:
        said = "; ".join(parts)
        yield f"{said[0].upper()}{said[1:]}."
        yield ""


def _failures(report: JsonObject) -> Iterator[str]:
    """Yield the phases that went wrong and the tests that did not pass."""
    bad = [phase for phase in (report.get("phases") or ()) if phase.get("word") not in ("passed", "skipped")]
    for phase in bad[:_MOST_NAMES]:
        told = phase.get("detail") == report.get("sentence")
        detail = "" if told else prose(str(phase.get("detail") or ""), 300)
        yield f"- **{prose(str(phase.get('name')))}** {prose(str(phase.get('word')))}" + (
            f": {detail}" if detail else ""
        )
    tests = [test for test in (report.get("tests") or ()) if test.get("outcome") not in ("passed", "cached")]
    for test in tests[:_MOST_TESTS]:
        said = code(str(test.get("message") or ""), 300) if test.get("message") else ""
        yield f"- test {code(str(test.get('name')))} {prose(str(test.get('outcome')))}" + (f": {said}" if said else "")
    if len(tests) > _MOST_TESTS:
        yield f"- and {counted(len(tests) - _MOST_TESTS, 'more test')} that did not pass"
    if bad or tests:
        yield ""


def _table(comparison: JsonObject | None, report: JsonObject) -> Iterator[str]:
    rows = by_importance(row for row in all_rows(comparison) if row.get("verdict") not in _QUIET)
    if not rows:
        return
    shown = rows[:MOST_ROWS]
    yield "| " + " | ".join(COLUMNS) + " |"
    yield "|---|---:|---:|---:|---:|---:|---|"
    for row in shown:
        first, *rest = cells(row).cells
        verdict = f"**{rest[-1]}**" if rest[-1] in ("moved", "gone", "undecided") else prose(rest[-1], 40)
        yield f"| {code(first, in_table=True)} | " + " | ".join(_cell(text) for text in rest[:-1]) + f" | {verdict} |"
    yield ""
    for row in shown[:3]:
        if why := cells(row).why:
            yield f"- {code(str(row['pointer']))}: {prose(why, 300)}"
    yield from _moved_first(report, shown)
    yield from _left_out(rows[MOST_ROWS:], comparison or {})
    yield ""


def _cell(text: str) -> str:
    """Return a cell: numbers as they are, words of strangers as code."""
    plain = all(letter.isdigit() or letter in "+-.,± ()%e∞" for letter in text) or text == "none"
    return text if plain else code(text, 80, in_table=True)


def _moved_first(report: JsonObject, rows: Sequence[JsonObject]) -> Iterator[str]:
    """Yield which commit moved a quantity first, as far as that is known."""
    known = report.get("moved_first") or {}
    for row in rows:
        if commit := known.get(row["pointer"]):
            yield f"- {code(str(row['pointer']))} moved first in {code(str(commit)[:12])}"


def _left_out(rest: Sequence[JsonObject], comparison: JsonObject) -> Iterator[str]:
    """Yield how many quantities are not in the table; the unstable among them by name."""
    unstable = [str(row["pointer"]) for row in rest if row.get("verdict") == "unstable"]
    others = len(rest) - len(unstable)
    if others:
        yield f"- {counted(others, 'more quantity', 'more quantities')} in `index.html` and `comparison.json`"
    if unstable:
        names = ", ".join(code(name, 80) for name in unstable[:_MOST_NAMES])
        more = f" and {len(unstable) - _MOST_NAMES} more" if len(unstable) > _MOST_NAMES else ""
        yield f"- unstable as well (two runs of the reference differ): {names}{more}"
    counts = comparison.get("counts") or {}
    quiet = [f"{counts[word]:,} {word}" for word in _QUIET if counts.get(word)]
    if quiet:
        yield f"- not shown: {', '.join(quiet)}"


def _picture(pictures: Sequence[tuple[str, str]]) -> Iterator[str]:
    if pictures:
        address, title = pictures[0]
        yield f"![{prose(title, 120)}]({address})"
        yield ""


def _ran_again(report: JsonObject) -> Iterator[str]:
    """Yield which stages ran again in each run, and what was built."""
    for run in report.get("runs") or ():
        stages = [code(str(stage), 60) for stage in (run.get("stages") or ())[:_MOST_NAMES]]
        again = ", ".join(stages) or "no stage"
        jobs = f"{counted(int(run.get('jobs') or 0), 'job')}, {int(run.get('cached') or 0):,} from the cache"
        yield f"- {code(str(run.get('name')), 60)}: {again} ran again ({jobs})"
    built = [code(str(image.get("name")), 80) for image in (report.get("images") or ()) if image.get("built")]
    if built:
        yield f"- built: {', '.join(built[:_MOST_NAMES])}"
    if report.get("runs") or built:
        yield ""


def _again(report: JsonObject) -> Iterator[str]:
    if command := report.get("reproduce"):
        yield "Reproduce it with:"
        yield ""
        yield block(str(command))


def _short_enough(text: str) -> str:
    """Return a text of at most `SUMMARY_BYTES`, cut after a line."""
    if len(text.encode()) <= SUMMARY_BYTES:
        return text
    kept = text.encode()[: SUMMARY_BYTES - len(_CUT.encode())].decode("utf-8", "ignore")
    return kept[: kept.rfind("\n")] + _CUT
