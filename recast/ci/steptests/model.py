"""A test of one step as it is written: what runs, with what, and what has to come out. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from recast.json_types import JsonDict, JsonObject, JsonValue
from recast.spec.model import Position

__all__ = ["BoundStep", "Expectations", "FileCheck", "GivenFile", "StepTest", "TextCheck", "ValueCheck"]


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file that a step gets: its name in the job, and either its content or the file on this machine.

    `below` is the folder below init in which it lies; files of the bundle keep the folders that they have there,
    because scripts import their neighbours.
    """

    name: str
    below: str
    content: bytes | None = None
    path: Path | None = None

    @property
    def place(self) -> str:
        """The path below init."""
        return f"{self.below}/{self.name}" if self.below else self.name


@dataclass(frozen=True, slots=True)
class ValueCheck:
    """What is expected of one value, found by a JSON pointer: exactly one of the kinds is set.

    `equals` is a list of one value (it may be null); `number` comes with `absolute` and `relative` tolerances, of which
    the larger one counts; `least` and `most` are bounds; `length` counts the items of a list, map or text; `absent`.
    """

    pointer: str
    equals: tuple[JsonValue, ...] = ()
    number: float | None = None
    absolute: float = 0.0
    relative: float = 0.0
    least: float | None = None
    most: float | None = None
    length: int | None = None
    absent: bool = False


@dataclass(frozen=True, slots=True)
class TextCheck:
    """What is expected of a text: parts that it has, parts that it lacks, a regular expression found in it."""

    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    matches: str = ""


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What is expected of one file or folder of the step, by its path below the folder in which the step starts."""

    path: str
    exists: bool = True
    values: tuple[ValueCheck, ...] = ()
    text: TextCheck = TextCheck()
    lines: int | None = None


@dataclass(frozen=True, slots=True)
class Expectations:
    """What has to come out of a step; `exit_code` None means any but 0, which `fails_with` without a code asks for."""

    exit_code: int | None = 0
    fails_with: str = ""
    files: tuple[FileCheck, ...] = ()
    published: tuple[ValueCheck, ...] = ()
    log: TextCheck = TextCheck()

    @property
    def fails(self) -> bool:
        """Whether the step is expected to fail."""
        return self.exit_code != 0


@dataclass(frozen=True, slots=True)
class BoundStep:
    """A packtivity with a value for each of its parameters.

    `packtivity` has its references followed. `literal` are parameters as a stage writes them, `inputs` those that the
    workflow takes from init: where the version is an entry's, their texts are quoted for the shell as in any run of it.
    Files among both are their paths below init, in `files`. `image` is what the packtivity asks for, None for none.
    """

    packtivity: JsonObject
    options: JsonObject
    literal: JsonObject
    inputs: JsonObject
    files: Mapping[str, GivenFile]
    image: str | None
    quotes: bool = False


@dataclass(frozen=True, slots=True)
class StepTest:
    """One test: its `name` and `file`, the spec's `folder`, which `stage` (or packtivity), the step, what is expected.

    `walltime_s` ends it. `written` are the expectations as they are written, which make up its identity.
    """

    name: str
    file: str
    position: Position
    folder: Path
    stage: str
    step: BoundStep
    expect: Expectations
    walltime_s: int
    written: JsonDict = field(compare=False, repr=False)

    @property
    def title(self) -> str:
        """What a person calls it: its file, from the folder of tests on, and its name."""
        parts = Path(self.file).with_suffix("").parts
        folders = [place + 1 for place, part in enumerate(parts[:-1]) if part in ("steps", "tests")]
        above = max(folders, default=len(parts) - 1)
        return "/".join((*parts[above:], self.name))
