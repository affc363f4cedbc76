"""Find the files of step tests of a repository."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recast.ci.config import CONFIG_NAME
from recast.ci.steptests.model import StepTest
from recast.errors import NotFound, SpecError, UsageError
from recast.plainfile import read_plain
from recast.spec.source import parse
from recast.suggest import closest

__all__ = ["USUAL", "Found", "chosen", "find", "found_in"]

USUAL = ("tests/steps/*.yml", "tests/steps/*/*.yml")
"""Where tests are looked for if nothing is said."""

_MOST_FILES = 1_000


@dataclass(frozen=True, slots=True)
class Found:
    """The files of tests below `top`, and the entry that files mean which name none."""

    top: Path
    files: tuple[Path, ...]
    entry: Path | None = None


def found_in(top: Path) -> Found:
    """Return the files of tests that a repository's `recast-ci.yml` names, or the usual ones; raise NotFound."""
    path = top / CONFIG_NAME
    said = parse(read_plain(path), CONFIG_NAME).value if path.is_file() else {}
    said = said if isinstance(said, dict) else {}
    patterns = said.get("tests") or list(USUAL)
    files = find(top, [str(it) for it in (patterns if isinstance(patterns, list) else [patterns])])
    if not files:
        raise NotFound(
            "There are no step tests",
            where=str(top),
            why=f"Looked for: {', '.join(map(str, patterns))}",
            next_step="write tests/steps/NAME.yml, or name the files in recast-ci.yml: tests: [PATTERN]",
        )
    entry = said.get("entry")
    return Found(top, files, top / entry if isinstance(entry, str) and entry else None)


def find(top: Path, patterns: Sequence[str]) -> tuple[Path, ...]:
    """Return the files below `top` that match the patterns, each once; raise SpecError for a pattern that leads out."""
    found: dict[Path, None] = {}
    inside = top.resolve()
    for pattern in patterns:
        if pattern.startswith(("/", "~")) or ".." in pattern.split("/") or not pattern:
            raise SpecError(f"{pattern!r} does not stay below the repository", where="tests", code="steptest.invalid")
        for path in sorted(top.glob(pattern)):
            if path.is_file() and path.resolve().is_relative_to(inside):
                found[path] = None
            if len(found) > _MOST_FILES:
                raise SpecError(
                    f"More than {_MOST_FILES} files match", where=f"tests: {pattern}", code="steptest.invalid"
                )
    return tuple(found)


def chosen(tests: Sequence[StepTest], names: Sequence[str]) -> tuple[StepTest, ...]:
    """Return the tests of these names, titles, files or stages; all if no name is given; raise UsageError."""
    if not names:
        return tuple(tests)
    for name in names:
        if not any(name in _names(test) for test in tests):
            known = sorted({test.title for test in tests})
            raise UsageError(
                f"There is no step test {name!r}",
                why=f"The nearest ones: {', '.join(closest(name, known))}",
                next_step="recast ci test --list",
            )
    return tuple(test for test in tests if any(name in _names(test) for name in names))


def _names(test: StepTest) -> tuple[str, ...]:
    return (test.name, test.title, test.file, Path(test.file).name, Path(test.file).stem, test.stage)
