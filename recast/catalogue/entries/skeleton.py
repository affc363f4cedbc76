"""A new entry that runs immediately, from one of three shapes; the templates are in `specs/skeletons`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from recast.catalogue.entries.entry import ANALYSIS_NAME
from recast.errors import EntryError, StoreError, UsageError

__all__ = ["FIRST_VERSION", "SHAPES", "create"]

SHAPES = ("likelihood", "events", "yadage")
FIRST_VERSION = "0.1.0"
_PLACEHOLDER = "__NAME__"


def create(name: str, shape: str, checkout: Path) -> list[Path]:
    """Write `catalogue/NAME.yml` and `specs/NAME/` into a checkout; return the files, sorted.

    Nothing is overwritten: raises UsageError if any of the files exists, EntryError for an invalid analysis name,
    StoreError if they cannot be written.
    """
    if not re.fullmatch(ANALYSIS_NAME, name) or len(name) > 100:
        raise EntryError(
            f"{name!r} is not a valid name of an analysis",
            why="It consists of lower-case letters and digits, joined by single dashes, such as atlas-susy-2018-31.",
            next_step="recast catalogue create NAME --shape likelihood|events|yadage",
        )
    entry, specs = checkout / "catalogue" / f"{name}.yml", checkout / "specs" / name
    for path in (entry, specs):
        if path.exists() or path.is_symlink():
            raise UsageError(
                f"{name} is there already",
                where=str(path),
                why="A skeleton never overwrites files.",
                next_step="choose another name, or another folder: --to DIR",
                code="catalogue.exists",
            )
    try:
        return sorted(_write(shape, name, entry, specs))
    except OSError as problem:
        raise StoreError.of(
            problem, "The skeleton cannot be written", checkout, "Free space or fix the permissions, or: --to DIR"
        ) from problem


def _write(shape: str, name: str, entry: Path, specs: Path) -> Iterator[Path]:
    """Write the entry last, so that everything it names exists when it appears."""
    template = _templates() / shape
    sources = {
        specs / FIRST_VERSION / path.relative_to(template / "spec"): path
        for path in sorted((template / "spec").rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    for target, source in {
        **sources,
        specs / "README.md": template / "README.md",
        entry: template / "catalogue.yml",
    }.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(source.read_text(encoding="utf-8").replace(_PLACEHOLDER, name))
            file.flush()
            os.fsync(file.fileno())
        yield target


def _templates() -> Path:
    """Return the folder of the templates: in the package, or in the checkout that the package is run from."""
    installed = Path(__file__).parent / "skeletons"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "specs" / "skeletons"
