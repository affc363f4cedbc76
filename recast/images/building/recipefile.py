"""The images that a Containerfile uses: in FROM, `COPY --from` and `RUN --mount from=`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from recast.errors import ImageError

__all__ = ["NAMES", "Containerfile", "find_containerfile", "find_containerfiles", "read_containerfile"]

NAMES = ("Containerfile", "Dockerfile")
"""The names that the file may have."""

_FROM = re.compile(r"^[ \t]*FROM[ \t]+(?:--platform=\S+[ \t]+)?(\S+)(?:[ \t]+AS[ \t]+(\S+))?[ \t\r]*$", re.I | re.M)
_COPY = re.compile(r"^[ \t]*(?:COPY|ADD)[ \t](?:[^\n]*?[ \t])??--from=(\S+)", re.I | re.M)
_MOUNT = re.compile(r"--mount=\S*?\bfrom=([^,\s]+)", re.I)


@dataclass(frozen=True, slots=True)
class Containerfile:
    """A Containerfile: the folder that it builds from, and the images that it uses."""

    path: Path
    bases: tuple[str, ...]
    text: str = ""

    @property
    def folder(self) -> Path:
        """The build context."""
        return self.path.parent

    def with_names(self, names: Mapping[str, str]) -> str:
        """Return the text with other names for its images; lines keep their numbers."""
        text = self.text
        for start, end in sorted(_places(text), reverse=True):
            text = text[:start] + names.get(text[start:end], text[start:end]) + text[end:]
        return text


def find_containerfiles(folder: Path) -> list[Path]:
    """Return the `*/Containerfile` or `*/Dockerfile` of a folder, sorted; raise ImageError for a folder with both."""
    found = [find_containerfile(place) for place in sorted(folder.glob("*/"))]
    return [path for path in found if path is not None]


def find_containerfile(folder: Path) -> Path | None:
    """Return the `Containerfile` or `Dockerfile` of a folder, None for neither; raise ImageError if they differ."""
    here = [path for name in NAMES if (path := folder / name).is_file()]
    if len(here) > 1 and len({path.read_bytes() for path in here}) > 1:
        raise ImageError(
            "There are a Containerfile and a Dockerfile, and they differ",
            where=str(folder),
            why="Only one of them can be meant, and nothing says which",
            next_step=f"rm {here[1]}   (or the other one)",
            code="image.containerfile",
        )
    return here[0] if here else None


def read_containerfile(path: Path) -> Containerfile:
    """Read the images that a Containerfile uses; raise ImageError if it has no FROM line, or one with variables."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ImageError("A Containerfile cannot be read", where=str(path), why=str(problem)) from problem
    bases = tuple(dict.fromkeys(text[start:end] for start, end in _places(text)))
    if not bases or any("$" in base for base in bases):
        raise ImageError(
            "A Containerfile needs a FROM line with a plain name",
            where=str(path),
            next_step="FROM recast/base-python:bookworm",
            code="image.containerfile",
        )
    return Containerfile(path, bases, text)


def _places(text: str) -> Iterator[tuple[int, int]]:
    """Yield the positions of image names; names and numbers of earlier stages, and `scratch`, are skipped."""
    stages: set[str] = {"scratch"}
    for match in _FROM.finditer(text):
        if match[1].lower() not in stages:
            yield match.span(1)
        if match[2]:
            stages.add(match[2].lower())
    for match in (*_COPY.finditer(text), *_MOUNT.finditer(text)):
        if match[1].lower() not in stages and not match[1].isdecimal():
            yield match.span(1)
