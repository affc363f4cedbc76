"""The documentation, which is shipped with the package: above all the pages of error codes and lint rules."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from recast.errors import NotFound
from recast.suggest import closest

__all__ = ["ErrorPage", "Kind", "codes", "docs_folder", "error_pages", "find_code", "page_text", "pages_folder"]

Kind = Literal["errors", "rules"]
_HEAD = re.compile(r"# (?P<code>\S+)\n\n\*\*(?P<title>.+?)\.\*\*(?: Exit code (?P<exit_code>[^.]+)\.)?")


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """The head of an error's page; `exit_code` is empty for a warning, and such as `1 or 4` if there are several."""

    code: str
    title: str
    exit_code: str


def docs_folder() -> Path:
    """Return the folder of the documentation: inside an installed package, or `docs` of a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "help-pages"
    return installed if installed.is_dir() else package.parent / "docs"


def pages_folder(kind: Kind) -> Path:
    """Return the folder of the pages of codes or rules."""
    return docs_folder() / "reference" / kind


@cache
def codes() -> dict[str, Path]:
    """Return the page of each error code and lint rule, by code."""
    pages = [page for kind in ("errors", "rules") for page in pages_folder(kind).glob("*.md") if page.stem != "index"]
    return {page.stem: page for page in sorted(pages, key=lambda page: page.stem)}


def find_code(code: str) -> str:
    """Return the code that has a page, with or without its prefix `spec.`; raise NotFound with the nearest names."""
    known = codes()
    found = next((name for name in (code, f"spec.{code}") if name in known), None)
    if found is None:
        near = _nearest(code, known)
        raise NotFound(
            f"No error and no rule has the code {code!r:.80}",
            why=f"The nearest are: {', '.join(near)}" if near else f"There are no pages in {pages_folder('errors')}.",
            next_step=f"recast help {near[0]}   (recast help lists all codes)" if near else "Reinstall recast.",
        )
    return found


def _nearest(code: str, known: Iterable[str]) -> list[str]:
    """Return the codes most similar to a name, compared as a whole or by the part after the first dot."""
    by_name = {name.partition(".")[2]: name for name in known if "." in name} | {name: name for name in known}
    return list(dict.fromkeys(by_name[name] for name in closest(code, by_name)))


def page_text(code: str) -> str:
    """Return the page of a code as Markdown; raise NotFound if there is none."""
    return codes()[find_code(code)].read_text(encoding="utf-8")


def error_pages() -> list[ErrorPage]:
    """Return the heads of all error pages, ordered by code."""
    folder = pages_folder("errors")
    return [_head(page) for code, page in codes().items() if page.parent == folder]


def _head(page: Path) -> ErrorPage:
    found = _HEAD.match(page.read_text(encoding="utf-8"))
    if found is None or found["code"] != page.stem:
        raise ValueError(f"{page}: the head of this page is not '# CODE', an empty line, '**Title.** Exit code N.'")
    return ErrorPage(found["code"], found["title"], found["exit_code"] or "")
