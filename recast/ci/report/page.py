"""The static page of one commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from recast.ci.report import html
from recast.ci.report.rows import COLUMNS, all_rows, by_importance, cells
from recast.counted import counted
from recast.json_types import JsonObject

__all__ = ["commit_page", "plain_address"]

MOST_ROWS = 5000
_NUMBERS = ("name", "number", "number", "number", "number", "number", "", "why")
Address = Callable[[str], str]


def plain_address(pointer: str) -> str:
    """Return no address: the pages of histories are not beside this page."""
    return ""


def commit_page(
    report: JsonObject,
    comparison: JsonObject | None,
    pictures: Sequence[tuple[str, str]],
    *,
    address: Address = plain_address,
    root: str = "",
    back: str = "",
) -> bytes:
    """Return the page of a commit. `address` leads from a pointer to the page of its history, `back` to all commits."""
    title = f"{report.get('analysis') or 'analysis'} {report.get('version') or ''}".strip()
    body = [
        *([f"<p>{html.link(back, 'all commits')}</p>"] if back else []),
        f"<h1>{html.text(title, 200)} {html.verdict(str(report.get('word', '')))}</h1>",
        f'<p class="sentence">{html.text(report.get("sentence", ""))}</p>',
        f'<p class="facts">{_facts(report)}</p>',
        *_pictures(pictures),
        *_quantities(comparison, address),
        *_phases(report),
        *_tests(report),
        *_made(report),
        *_again(report),
    ]
    return html.page(f"{title}: {report.get('word', '')}", body, root=root)


def _facts(report: JsonObject) -> str:
    reference = (report.get("reference") or {}).get("commit")
    known = [
        ("commit", report.get("commit")),
        ("ref", report.get("ref")),
        ("version", report.get("digest")),
        ("reference", reference),
        ("events", {"paired": "the same in both", "independent": "different"}.get(str(report.get("mode")))),
    ]
    return "; ".join(f"{name} <code>{html.text(value, 200)}</code>" for name, value in known if value)


def _pictures(pictures: Sequence[tuple[str, str]]) -> Iterator[str]:
    for address, title in pictures:
        yield f'<img src="{html.text(address, 300)}" alt="{html.text(title, 200)}">'


def _quantities(comparison: JsonObject | None, address: Address) -> Iterator[str]:
    if comparison is None:
        return
    rows = by_importance(all_rows(comparison))
    counts = comparison.get("counts") or {}
    yield "<h2>Quantities</h2>"
    if counts:
        said = ", ".join(f"{counted(int(number), 'quantity', 'quantities')} {word}" for word, number in counts.items())
        yield f"<p>{html.text(said)}.</p>"
    yield html.table((*COLUMNS, "why"), (_row(row, address) for row in rows[:MOST_ROWS]), _NUMBERS)
    if len(rows) > MOST_ROWS:
        yield f"<p>{counted(len(rows) - MOST_ROWS, 'more row')} in comparison.json.</p>"


def _row(row: JsonObject, address: Address) -> list[str]:
    shown = cells(row)
    name, *rest = shown.cells
    there = address(name)
    first = html.link(there, name) if there else html.text(name, 300)
    return [first, *(html.text(cell, 200) for cell in rest[:-1]), html.verdict(rest[-1]), html.text(shown.why, 600)]


def _phases(report: JsonObject) -> Iterator[str]:
    if phases := report.get("phases"):
        yield "<h2>Phases</h2>"
        yield html.table(("phase", "word", "seconds", "detail"), map(_phase, phases), ("", "", "number", "why"))


def _phase(phase: JsonObject) -> list[str]:
    word, detail = html.verdict(str(phase.get("word"))), html.text(phase.get("detail") or "")
    return [html.text(phase.get("name")), word, _seconds(phase), detail]


def _tests(report: JsonObject) -> Iterator[str]:
    tests = report.get("tests") or ()
    if tests:
        yield "<h2>Tests of steps</h2>"
        yield html.table(
            ("test", "stage", "outcome", "seconds", "message"), map(_test, tests), ("name", "", "", "number", "why")
        )


def _test(test: JsonObject) -> list[str]:
    name = html.text(test.get("name"), 300)
    outcome = html.verdict(str(test.get("outcome")))
    return [
        name,
        html.text(test.get("stage") or "", 100),
        outcome,
        _seconds(test),
        html.text(test.get("message") or ""),
    ]


def _made(report: JsonObject) -> Iterator[str]:
    if runs := report.get("runs"):
        head = ("run", "id", "jobs", "from the cache", "stages that ran", "seconds")
        yield "<h2>Runs</h2>"
        yield html.table(head, map(_run, runs), ("", "", "number", "number", "", "number"))
    if images := report.get("images"):
        yield "<h2>Images</h2>"
        yield html.table(("image", "digest", "built", "why"), map(_image, images), ("name", "name", "", "why"))


def _run(run: JsonObject) -> list[str]:
    stages = ", ".join(map(str, run.get("stages") or ()))
    known = (run.get("name"), run.get("run") or "", run.get("jobs", ""), run.get("cached", ""), stages)
    return [*(html.text(value, 600) for value in known), _seconds(run)]


def _image(image: JsonObject) -> list[str]:
    built = "yes" if image.get("built") else "no"
    known = (image.get("name"), image.get("digest") or "", built, image.get("why") or "")
    return [html.text(value, 600) for value in known]


def _again(report: JsonObject) -> Iterator[str]:
    if command := report.get("reproduce"):
        yield "<h2>Reproduce</h2>"
        yield f"<pre>{html.text(command)}</pre>"


def _seconds(row: JsonObject) -> str:
    seconds = row.get("seconds")
    return f"{seconds:.1f}" if isinstance(seconds, (int, float)) and not isinstance(seconds, bool) else ""
