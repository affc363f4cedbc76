"""What is found in a repository: the entry, its tests, its random stages; and the recast-ci.yml that follows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from recast.catalogue.entries.written import written_entry
from recast.ci.config import DEFAULT_TESTS
from recast.errors import NotFound, UsageError
from recast.spec import load_workflow

__all__ = ["Repository", "configuration_of", "look"]

_PLACES = ("catalogue/*.yml", "*.yml", "*/catalogue/*.yml")


@dataclass(frozen=True, slots=True)
class Repository:
    """What is found: the entry's path, patterns of step tests, the first example, the stages with a seed."""

    entry: str
    tests: tuple[str, ...]
    example: str | None
    random: tuple[str, ...]


def look(top: Path, entry: str | None = None) -> Repository:
    """Return what is found below `top`; `entry` chooses among several. Raises NotFound, UsageError, EntryError."""
    from recast.catalogue.entries.entry import load_entry
    from recast.catalogue.publishing.bundle import source_folder

    path = _entry(top, entry)
    loaded = load_entry(top / path)
    version = loaded.entry.version()
    workflow = load_workflow(version.workflow, source_folder(loaded, version), check=False).workflow
    return Repository(
        entry=path,
        tests=tuple(glob for glob in DEFAULT_TESTS if next(top.glob(glob), None) is not None) or DEFAULT_TESTS[:1],
        example=next(iter(version.examples), None),
        random=tuple(
            stage.name for stage in workflow.stages if any(name.startswith("seed") for name in stage.parameters)
        ),
    )


def configuration_of(found: Repository) -> str:
    """Return the text of recast-ci.yml."""
    lines = [
        "# Continuous analysis: what `recast ci run` tests, builds, runs and judges.",
        f"entry: {_word(found.entry)}",
        f"tests: [{', '.join(map(_word, found.tests))}]",
    ]
    if found.example is not None:
        lines += [
            "",
            "# Runs whose results are compared with those of the reference.",
            "validation:",
            f"- {{name: {_word(found.example)}, example: {_word(found.example)}}}",
        ]
    if found.random:
        lines += [
            "",
            "# Stages whose outputs depend on random numbers.",
            f"random: [{', '.join(map(_word, found.random))}]",
        ]
    lines += [
        "",
        "# By how much a quantity may differ; the first pattern that fits counts.",
        "tolerances:",
        "- {quantity: '*', relative: 0.05}",
        "",
        "# The rate of false alarms of all quantities together.",
        "alpha: 0.01",
    ]
    return "\n".join(lines) + "\n"


def _entry(top: Path, said: str | None) -> str:
    if said is not None:
        path = (top / said).resolve()
        if not path.is_relative_to(top.resolve()) or written_entry(str(path)) is None:
            raise UsageError(f"{said!r} is no catalogue entry below the repository", where="--entry")
        return path.relative_to(top.resolve()).as_posix()
    for pattern in _PLACES:
        found = [path for path in sorted(top.glob(pattern)) if written_entry(str(path)) is not None]
        if len(found) > 1:
            names = ", ".join(path.relative_to(top).as_posix() for path in found[:10])
            raise UsageError(
                f"There are {len(found)} catalogue entries, and a pipeline is about one",
                where=str(top),
                why=f"There are: {names}",
                next_step="name one: --entry PATH",
            )
        if found:
            return found[0].relative_to(top).as_posix()
    raise NotFound(
        "There is no catalogue entry",
        where=str(top),
        why="An entry says what the analysis is, its versions, inputs and results; a pipeline needs one.",
        next_step="recast catalogue create   (writes one), or --entry PATH",
    )


def _word(text: str) -> str:
    """Return a text as YAML that means just this text."""
    plain = text.replace("-", "").replace("_", "").replace("/", "").replace(".", "")
    return text if plain.isalnum() and plain.isascii() and not plain.isdigit() else json.dumps(text)
