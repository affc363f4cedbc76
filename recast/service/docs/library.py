"""Which pages of documentation there are. What is asked for is looked up among them: no address is a path."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from recast.errors import NotFound
from recast.pages import docs_folder

__all__ = ["PARTS", "Doc", "address_of", "doc_named", "docs", "picture", "target_of", "text_of"]

PARTS = ("tutorials", "how-to", "reference", "explanation", "adr")
"""The parts of the documentation, in their order; `index` stands before them."""

_TITLE = re.compile(r"^# +(.+?) *$", re.MULTILINE)
_MARKS = re.compile(r"[`*]|\]\([^)]*\)|\[")
_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_PICTURES = {".png": "image/png", ".svg": "image/svg+xml"}
_INDEX = "index"


@dataclass(frozen=True, slots=True)
class Doc:
    """A page: its name, which is its path without an ending, its file and its title."""

    name: str
    path: Path
    title: str

    @property
    def part(self) -> str:
        """The part that it belongs to; empty for the first page."""
        return self.name.partition("/")[0] if "/" in self.name else ""


@cache
def docs() -> dict[str, Doc]:
    """Return all pages, by name."""
    folder = docs_folder()
    found = [folder / "index.md"]
    for part in PARTS:
        found += [it for kind in ("*.md", "*.ipynb") for it in (folder / part).rglob(kind)]
    names = {it.relative_to(folder).with_suffix("").as_posix(): it for it in sorted(found) if it.is_file()}
    return {name: Doc(name, path, _title(path, name)) for name, path in names.items()}


def doc_named(address: str) -> Doc:
    """Return the page at an address below `/docs/`; raise NotFound."""
    known = docs()
    found = known.get(address) or known.get(posixpath.join(address, _INDEX))
    if found is None:
        raise NotFound("There is no such page in the documentation", next_step="begin at /docs")
    return found


def address_of(name: str) -> str:
    """Return the path at which a page is served."""
    bare = name.removesuffix(_INDEX).rstrip("/") if name == _INDEX or name.endswith(f"/{_INDEX}") else name
    return f"/docs/{bare}" if bare else "/docs"


def target_of(name: str, link: str) -> tuple[str, str]:
    """Return which page or picture a relative link on a page leads to, and its anchor; empty for what is neither."""
    path, _, anchor = link.partition("#")
    if not path:
        return name, anchor
    there = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
    if there.endswith((".md", ".ipynb")) and (bare := there.rpartition(".")[0]) in docs():
        return bare, anchor
    return (there, "") if there.removeprefix("images/") in _pictures() else ("", "")


def picture(name: str) -> tuple[bytes, str]:
    """Return a picture of the documentation and its media type; raise NotFound."""
    path = _pictures().get(name)
    if path is None:
        raise NotFound("There is no such picture in the documentation", next_step="begin at /docs")
    return path.read_bytes(), _PICTURES[path.suffix]


def text_of(doc: Doc) -> str:
    """Return a page as Markdown; of a notebook its texts and what it computes."""
    text = doc.path.read_text(encoding="utf-8")
    if doc.path.suffix == ".ipynb":
        return "\n\n".join(_cells(text))
    return _FRONT.sub("", text, count=1)


@cache
def _pictures() -> dict[str, Path]:
    found = (docs_folder() / "images").glob("*")
    return {path.name: path for path in sorted(found) if path.suffix in _PICTURES}


def _title(path: Path, name: str) -> str:
    found = _TITLE.search(path.read_text(encoding="utf-8") if path.suffix == ".md" else text_of(Doc(name, path, "")))
    return _MARKS.sub("", found[1]) if found else name


def _cells(notebook: str) -> Iterator[str]:
    for cell in json.loads(notebook)["cells"]:
        text = "".join(cell["source"])
        yield text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```"
