"""Static pages over many commits: all commits, each of them, and the history of each quantity."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from recast.ci.report import html
from recast.ci.report.rows import all_rows, by_importance, cells
from recast.ci.report.timeline import Entry, timeline
from recast.ci.report.write import slug, store, write
from recast.json_types import JsonObject, JsonValue, is_finite
from recast.masked import masked_json

__all__ = ["MOST_QUANTITIES", "history"]

MOST_QUANTITIES = 5000
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_VALUES = ("commit", "verdict", "reference", "this commit", "change", "of tolerance", "why")

Document = tuple[JsonObject, JsonObject | None]


def history(pages: Path, documents: Iterable[Document]) -> None:
    """Write the pages of commits into a folder: `index.html`, `commits/NAME/`, `quantities/`. Raises StoreError.

    `documents` are report and comparison (or None) of each commit, the oldest first. A commit that is there twice is
    shown as it was last. The pages need no script and no server, and lead nowhere else.
    """
    named = _named(documents)
    pointers = _pointers(named)
    known = {pointer: f"{slug(pointer)}.html" for pointer in pointers}
    for name, (report, comparison) in named.items():
        folder = pages / "commits" / name
        write(
            report,
            comparison,
            folder,
            address=lambda pointer: f"../../quantities/{known[pointer]}" if pointer in known else "",
            root="../../",
            back="../../index.html",
        )
    files = {html.STYLE_FILE: html.STYLE.encode()}
    for pointer, rows in pointers.items():
        files |= _quantity(pointer, rows)
    files["index.html"] = _index(named, pointers)
    store(pages, files)


def _named(documents: Iterable[Document]) -> dict[str, Document]:
    """Return documents by a name that a folder can have, in their order."""
    found: dict[str, Document] = {}
    for number, (report, comparison) in enumerate(documents, 1):
        commit = str(report.get("commit") or "")
        name = commit if _COMMIT.fullmatch(commit) else f"local-{number}"
        found.pop(name, None)
        found[name] = masked_json(dict(report)), None if comparison is None else masked_json(dict(comparison))
    return found


def _pointers(named: dict[str, Document]) -> dict[str, list[tuple[str, JsonObject]]]:
    """Return the rows of each quantity over commits; quantities of the newest commit come first."""
    found: dict[str, list[tuple[str, JsonObject]]] = {}
    for _, comparison in reversed(list(named.values())):
        for row in all_rows(comparison):
            if len(found) < MOST_QUANTITIES:
                found.setdefault(str(row["pointer"]), [])
    for name, (_, comparison) in named.items():
        for row in all_rows(comparison):
            if str(row["pointer"]) in found:
                found[str(row["pointer"])].append((name, row))
    return found


def _index(named: dict[str, Document], pointers: dict[str, list[tuple[str, JsonObject]]]) -> bytes:
    last = next(reversed(list(named.values())), ({}, None))[0] if named else {}
    title = str(last.get("analysis") or "analysis")
    body = [f"<h1>{html.text(title, 200)}: continuous analysis</h1>", "<h2>Commits</h2>"]
    rows = (
        [
            html.link(f"commits/{name}/index.html", name[:12]),
            html.text(report.get("ref") or "", 200),
            html.verdict(str(report.get("word"))),
            html.text(report.get("sentence") or "", 600),
        ]
        for name, (report, _) in reversed(list(named.items()))
    )
    body.append(html.table(("commit", "ref", "word", "sentence"), rows, ("", "", "", "name")))
    if pointers:
        head = ("quantity", "now", "verdict", "moved first in")
        newest = {str(rows_[-1][1]["pointer"]): rows_[-1][1] for rows_ in pointers.values()}
        lines = (_line(str(row["pointer"]), pointers[str(row["pointer"])]) for row in by_importance(newest.values()))
        body += ["<h2>Quantities</h2>", html.table(head, lines, ("name", "number", "", ""))]
    return html.page(f"{title}: continuous analysis", body)


def _line(pointer: str, rows: Sequence[tuple[str, JsonObject]]) -> list[str]:
    shown = cells(rows[-1][1]).cells
    first = _moved_first(rows)
    there = html.link(f"commits/{first}/index.html", first[:12]) if first else ""
    return [html.link(f"quantities/{slug(pointer)}.html", pointer), html.text(shown[3]), html.verdict(shown[-1]), there]


def _moved_first(rows: Sequence[tuple[str, JsonObject]]) -> str:
    """Return the first of the newest commits in a row that moved a quantity, empty if the newest did not."""
    found = ""
    for name, row in reversed(rows):
        if row.get("verdict") not in ("moved", "gone", "announced"):
            break
        found = name
    return found


def _quantity(pointer: str, rows: Sequence[tuple[str, JsonObject]]) -> dict[str, bytes]:
    """Return the page of a quantity and its picture, by their names."""
    name, newest = slug(pointer), rows[-1][1]
    published = _value((newest.get("published") or {}).get("value"))
    entries = [_entry(commit, row) for commit, row in rows]
    body = [f"<p>{html.link('../index.html', 'all commits')}</p>", f"<h1>{html.text(pointer, 300)}</h1>"]
    files: dict[str, bytes] = {}
    if any(entry.value is not None for entry in entries):
        files[f"quantities/{name}.svg"] = timeline(pointer, str(newest.get("unit") or ""), entries, published).encode()
        body.append(f'<img src="{name}.svg" alt="{html.text(pointer, 300)} over commits">')
    if source := (newest.get("published") or {}).get("source"):
        body.append(f'<p class="facts">published: {html.text(source, 300)}</p>')
    body.append(html.table(_VALUES, _table(rows), ("", "", "number", "number", "number", "number", "why")))
    files[f"quantities/{name}.html"] = html.page(pointer, body, root="../")
    return files


def _table(rows: Sequence[tuple[str, JsonObject]]) -> Iterator[list[str]]:
    for commit, row in reversed(rows):
        shown = cells(row)
        _, _, before, after, change, ratio, word = shown.cells
        yield [
            html.link(f"../commits/{commit}/index.html", commit[:12]),
            html.verdict(word),
            *(html.text(cell, 200) for cell in (before, after, change, ratio)),
            html.text(shown.why, 600),
        ]


def _entry(commit: str, row: JsonObject) -> Entry:
    side = row.get("after") or {}
    value = _value(side.get("value"))
    if row.get("kind") == "histogram":
        known = [_value(one.get("value")) for one in (row.get("bins") or {}).get("after") or ()]
        value = sum(number for number in known if number is not None) if known else None
    return Entry(commit[:8], value, _value(side.get("error")), str(row.get("verdict")))


def _value(value: JsonValue) -> float | None:
    return float(value) if is_finite(value) else None
