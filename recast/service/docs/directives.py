"""The directives of MyST that occur in the documentation: tables of contents, and names that the code describes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from recast.service.docs.library import Doc, docs

__all__ = ["Tree", "names_of_code", "tree_of"]

_DESCRIBED = re.compile(r"^\.\. auto\w+:: +([\w.]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Tree:
    """A table of contents: its caption, and the pages in it; one that is hidden is for the navigation alone."""

    caption: str
    docs: Sequence[Doc]
    hidden: bool


def tree_of(doc: Doc, content: str) -> Tree:
    """Return the table of contents that a directive on a page asks for; what it names and is not there is left out."""
    options: dict[str, str] = {}
    names: list[str] = []
    for line in filter(None, map(str.strip, content.splitlines())):
        if line.startswith(":"):
            key, _, value = line.strip(":").partition(":")
            options[key] = value.strip()
        else:
            names += _named(doc, line)
    return Tree(options.get("caption", ""), [docs()[name] for name in names], "hidden" in options)


def names_of_code(content: str) -> list[str]:
    """Return the names that are described by the code itself: `help(recast.NAME)` shows them."""
    return [f"recast.{name.removeprefix('recast.')}" for name in _DESCRIBED.findall(content)]


def _named(doc: Doc, entry: str) -> list[str]:
    folder = posixpath.dirname(doc.name)
    wanted = posixpath.normpath(posixpath.join(folder, entry))
    if "*" not in entry:
        return [wanted] if wanted in docs() else []
    here = [it for it in docs() if posixpath.dirname(it) == folder and it != doc.name]
    return sorted(it for it in here if fnmatchcase(it, wanted))
