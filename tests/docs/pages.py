"""The pages of the documentation as text: their headings, their links, the tables of contents they stand in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from tests.conftest import ROOT

DOCS = ROOT / "docs"
MADE = DOCS / "reference" / "commands"
"""Pages here are made when the site is; only their index is written."""
BESIDE = ("README.md", "CONTRIBUTING.md", "requirements/README.md", "specs/base-images/README.md")
_FENCE = re.compile(r"^ *(```+|:::+).*?^ *\1 *$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"(?<!\\)\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)")
_HEADING = re.compile(r"^(#+) +(.*?) *$", re.MULTILINE)
_TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """Return all pages that are written, those beside `docs` too."""
    found = [page for kind in ("*.md", "*.ipynb") for page in DOCS.rglob(kind) if "_build" not in page.parts]
    return sorted(page for page in found if page.parent != MADE or page.stem == "index") + [ROOT / it for it in BESIDE]


def text_of(page: Path) -> str:
    """Return a page as Markdown; of a notebook the cells that are."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".md":
        return text
    return "\n\n".join("".join(it["source"]) for it in json.loads(text)["cells"] if it["cell_type"] == "markdown")


def prose(page: Path) -> str:
    """Return a page without its examples."""
    return _FENCE.sub("", text_of(page))


def titles(page: Path) -> list[str]:
    """Return the headings of the first level."""
    return [text for marks, text in _HEADING.findall(prose(page)) if marks == "#"]


def links(page: Path) -> Iterator[str]:
    """Yield where a page leads to, but for other servers."""
    for target in _LINK.findall(_CODE.sub("``", prose(page))):
        if not re.match(r"[a-z]+:", target):
            yield unquote(target)


def anchors(page: Path) -> set[str]:
    """Return what a page's headings are called in links, as GitHub and MyST have it."""
    found: set[str] = set()
    for _, text in _HEADING.findall(prose(page)):
        plain = re.sub(r"\]\([^)]*\)", "", text).lower().replace(" ", "-")
        slug = re.sub(r"[^\w-]", "", plain)
        found.add(next(name for number in range(99) if (name := f"{slug}-{number}" if number else slug) not in found))
    return found


def broken(page: Path) -> Iterator[str]:
    """Yield the links of a page that lead to no file, or to no heading of it."""
    for target in links(page):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if MADE in there.parents and there.stem != "index":
            continue
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in anchors(there)):
            yield target


def listed() -> list[str]:
    """Return the names of all pages that a table of contents names, patterns resolved."""
    found: list[str] = []
    for index in DOCS.rglob("*.md"):
        for body in _TOCTREE.findall(index.read_text(encoding="utf-8")):
            for entry in filter(lambda line: line.strip() and not line.startswith(":"), body.splitlines()):
                there = sorted(index.parent.glob(f"{entry}.md")) + sorted(index.parent.glob(f"{entry}.ipynb"))
                found += [name_of(it) for it in there if it != index]
    return found


def name_of(page: Path) -> str:
    """Return what Sphinx calls a page."""
    return str(page.relative_to(DOCS).with_suffix(""))
