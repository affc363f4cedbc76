"""Find the files of step tests of a repository."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recast.ci.config import CONFIG_NAME, DEFAULT_TESTS, files_named, load_config
from recast.ci.steptests.model import StepTest
from recast.errors import NotFound, UsageError
from recast.suggest import closest

__all__ = ["Found", "chosen", "found_in"]


@dataclass(frozen=True, slots=True)
class Found:
    """The files of tests below `top`, and the entry that files mean which name none."""

    top: Path
    files: tuple[Path, ...]
    entry: Path | None = None


def found_in(top: Path) -> Found:
    """Return the files of tests that a repository's `recast-ci.yml` names, or the usual ones without such a file.

    Raises NotFound if there are none, SpecError for what is wrong in `recast-ci.yml`.
    """
    config = load_config(top) if (top / CONFIG_NAME).exists() else None
    patterns = config.tests if config else DEFAULT_TESTS
    files = files_named(top, patterns)
    if not files:
        raise NotFound(
            "There are no step tests",
            where=str(top),
            why=f"Looked for: {', '.join(patterns)}",
            next_step="write tests/steps/NAME.yml, or name the files in recast-ci.yml: tests: [PATTERN]",
        )
    return Found(top, tuple(files), top / config.entry if config else None)


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
