"""Pieces of static pages: strict about strangers' text, without scripts, with one style sheet beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from recast.terminal_safe import visible

__all__ = ["POLICY", "STYLE", "STYLE_FILE", "link", "page", "table", "text", "verdict"]

STYLE_FILE = "recast-ci.css"
POLICY = "default-src 'none'; img-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'"
"""What the pages need: pictures and a style sheet from where they lie, and nothing else."""
_MOST = 2000

STYLE = """\
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 96rem; padding: 1.5rem; color: #1f2328; background: #fff;
  font: 15px/1.5 "Helvetica Neue", Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
a { color: #0b57a4; }
p.sentence { font-size: 1.1rem; margin: .25rem 0 1rem; max-width: 60rem; }
p.facts, .why { color: #57606a; }
code, pre { font-family: "DejaVu Sans Mono", "Liberation Mono", Menlo, Consolas, monospace; font-size: .86em; }
pre { background: #f6f8fa; padding: .75rem 1rem; overflow-x: auto; border-radius: 4px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: .3rem .75rem; border-bottom: 1px solid #d0d7de; text-align: left; vertical-align: top; }
th { border-bottom: 2px solid #8c959f; font-weight: 600; white-space: nowrap; }
td.number, th.number { text-align: right; }
td.number { white-space: nowrap; font-variant-numeric: tabular-nums; }
td.name { overflow-wrap: anywhere; min-width: 14rem; }
td.why { min-width: 16rem; }
img { max-width: 100%; height: auto; display: block; margin: .5rem 0 1rem; }
.verdict { display: inline-block; padding: 0 .5rem; border-radius: 3px; white-space: nowrap;
  border: 1px solid #8c959f; }
.moved, .gone, .failed, .error, .broken, .refused { background: #fdece6; border-color: #c4320a; color: #8f2306; }
.undecided, .blocked, .unstable { background: #fdf3dc; border-color: #c27c0e; color: #6f4600; }
.passed, .within, .announced, .cached { background: #e8f5ef; border-color: #1a7f5a; color: #0f5137; }
"""


def text(words: object, most: int = _MOST) -> str:
    """Return a text of anybody as HTML."""
    return escape(visible(str(words), most))


def link(address: str, words: str) -> str:
    """Return a link; the address is ours."""
    return f'<a href="{escape(address)}">{text(words, 200)}</a>'


def verdict(word: str) -> str:
    """Return a verdict or a word for a commit, marked by colour and always in words."""
    kind = word if word.isascii() and word.replace("-", "").isalpha() else "unknown"
    return f'<span class="verdict {kind}">{text(word, 40)}</span>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], classes: Sequence[str] = ()) -> str:
    """Return a table; cells are HTML already, `classes` are those of its columns."""
    names = [*classes, *[""] * (len(head) - len(classes))]
    titles = (f"<th{_mark(name)}>{text(title)}</th>" for name, title in zip(names, head, strict=True))
    lines = ['<div class="scroll"><table>', f"<thead><tr>{''.join(titles)}</tr></thead>"]
    lines.append("<tbody>")
    for row in rows:
        cells = (f"<td{_mark(name)}>{cell}</td>" for name, cell in zip(names, row, strict=True))
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</tbody></table></div>"])


def _mark(name: str) -> str:
    return f' class="{name}"' if name else ""


def page(title: str, body: Iterable[str], *, root: str = "") -> bytes:
    """Return a whole page; `root` leads to the folder of the style sheet (`../`)."""
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{text(title, 200)}</title>",
        f'<link rel="stylesheet" href="{escape(root)}{STYLE_FILE}">',
        "</head>",
        "<body>",
        *body,
        "</body>",
        "</html>",
        "",
    ]
    return "\n".join(lines).encode("utf-8", "backslashreplace")
