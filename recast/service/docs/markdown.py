"""Pages of the documentation as HTML: what CommonMark has, tables, and the few words of MyST that occur in them.

The text is ours, and shipped with the package. HTML in it is text all the same, nothing in it runs, and its links lead
to pages of this service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from recast.service.docs.directives import Tree, names_of_code, tree_of
from recast.service.docs.library import Doc, address_of, docs, target_of

__all__ = ["Heading", "Shown", "shown_text"]

_COMMENT = re.compile(r"^ *<!--.*?--> *$", re.MULTILINE | re.DOTALL)
_OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_DEFINITION = re.compile(r"(?P<term>[^\n]+)\n: +(?P<words>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the second level, and its anchor."""

    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as HTML, and what it is about."""

    body: Markup
    headings: Sequence[Heading]


@dataclass
class _Page:
    """What rendering one page has to know, and what it finds."""

    doc: Doc
    base: str
    anchors: set[str] = field(default_factory=set)
    headings: list[Heading] = field(default_factory=list)
    tables: int = 0


def shown_text(doc: Doc, text: str, base: str) -> Shown:
    """Return a page as HTML; `base` is what a reverse proxy puts before our paths."""
    page = _Page(doc, base)
    reader = _reader()
    body = reader.render(_COMMENT.sub("", text), {"page": page})
    return Shown(Markup(body), tuple(page.headings))  # noqa: S704  (written by the rules below, of our own text)


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.core.ruler.push("definitions", _definitions)
    for name, rule in (
        ("heading_open", _heading),
        ("link_open", _link),
        ("link_close", _link_end),
        ("image", _image),
        ("fence", _fence),
        ("code_block", _fence),
        ("table_open", _table),
        ("table_close", _table_end),
        ("th_open", _column),
    ):
        reader.add_render_rule(name, rule)
    return reader


def _definitions(state: Any) -> None:
    """Make a list of definitions of each paragraph that is a term with a line that begins with a colon below it."""
    found: list[Token] = []
    for token in state.tokens:
        told = _DEFINITION.fullmatch(token.content) if token.type == "inline" else None
        if told is None or not found or found[-1].type != "paragraph_open":
            found.append(token)
            continue
        opened = found.pop()
        for kind, tag, words in (("dt", "dt", told["term"]), ("dd", "dd", told["words"])):
            inline = Token("inline", "", 0, content=words, children=[], map=opened.map)
            state.md.inline.parse(words, state.md, state.env, inline.children)
            found += [_mark(f"{kind}_open", tag, 1), inline, _mark(f"{kind}_close", tag, -1)]
    state.tokens = list(_lists(found))


def _lists(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens with `dl` around those of definitions, whose own paragraphs have lost their beginning."""
    inside = False
    for at, token in enumerate(tokens):
        if token.type == "dt_open" and not inside:
            inside = True
            opened = _mark("dl_open", "dl", 1)
            opened.attrSet("class", "facts")
            yield opened
        if token.type == "paragraph_close" and inside and tokens[at - 1].type == "dd_close":
            if at + 1 == len(tokens) or tokens[at + 1].type != "dt_open":
                inside = False
                yield _mark("dl_close", "dl", -1)
            continue
        yield token


def _mark(kind: str, tag: str, nesting: Any) -> Token:
    return Token(kind, tag, nesting, block=True)


def _heading(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: MutableMapping[str, Any]) -> str:
    page: _Page = env["page"]
    text = "".join(it.content for it in tokens[at + 1].children or () if it.type in ("text", "code_inline"))
    anchor = _anchor(text, page.anchors)
    if tokens[at].tag == "h2":
        page.headings.append(Heading(anchor, text))
    return f'<{tokens[at].tag} id="{escape(anchor)}">'


def _anchor(text: str, known: set[str]) -> str:
    """Return what a heading is called in links, as GitHub and MyST have it."""
    slug = re.sub(r"[^\w-]", "", text.lower().replace(" ", "-"))
    name, number = slug, 0
    while name in known:
        number += 1
        name = f"{slug}-{number}"
    known.add(name)
    return name


def _link(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: MutableMapping[str, Any]) -> str:
    page: _Page = env["page"]
    link = str(tokens[at].attrGet("href") or "")
    if _OUTSIDE.match(link):
        return f'<a href="{escape(link)}">' if link.startswith(("https:", "http:", "mailto:")) else "<span>"
    name, anchor = target_of(page.doc.name, link)
    if name not in docs():  # a file of the repository, which is not here
        return "<span>"
    address = "" if name == page.doc.name and anchor else f"{page.base}{address_of(name)}"
    return f'<a href="{escape(address)}{f"#{escape(anchor)}" if anchor else ""}">'


def _link_end(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: MutableMapping[str, Any]) -> str:
    depth, opened = 0, at
    while depth > -1 and opened > 0:
        opened -= 1
        depth += {"link_close": 1, "link_open": -1}.get(tokens[opened].type, 0)
    return "</a>" if _link(renderer, tokens, opened, options, env).startswith("<a") else "</span>"


def _image(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: MutableMapping[str, Any]) -> str:
    page: _Page = env["page"]
    name, _ = target_of(page.doc.name, str(tokens[at].attrGet("src") or ""))
    words = escape(tokens[at].content)
    return f'<img src="{page.base}/docs/{escape(name)}" alt="{words}">' if name else f"<em>{words}</em>"


def _fence(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: MutableMapping[str, Any]) -> str:
    page: _Page = env["page"]
    kind, _, title = tokens[at].info.strip().partition(" ")
    if kind == "{toctree}":
        return "".join(_tree(page, tree_of(page.doc, tokens[at].content)))
    if kind == "{eval-rst}":
        return (
            "".join(["<ul>\n", *(f"<li><code>{escape(it)}</code></li>\n" for it in names_of_code(tokens[at].content))])
            + "</ul>\n"
        )
    named = f'<p class="line"><code>{escape(title)}</code></p>\n' if title else ""
    return f'{named}<pre tabindex="0"><code>{escape(tokens[at].content)}</code></pre>\n'


def _tree(page: _Page, tree: Tree) -> Iterator[str]:
    if tree.hidden or not tree.docs:
        return
    if tree.caption:
        yield f'<p class="caption"><b>{escape(tree.caption)}</b></p>\n'
    yield "<ul>\n"
    for it in tree.docs:
        yield f'<li><a href="{escape(page.base + address_of(it.name))}">{escape(it.title)}</a></li>\n'
    yield "</ul>\n"


def _table(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: MutableMapping[str, Any]) -> str:
    page: _Page = env["page"]
    page.tables += 1
    return f'<div class="scroll" tabindex="0" role="region" aria-label="Table {page.tables}">\n<table>\n'


def _table_end(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: MutableMapping[str, Any]) -> str:
    return "</table>\n</div>\n"


def _column(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: MutableMapping[str, Any]) -> str:
    return '<th scope="col">'
