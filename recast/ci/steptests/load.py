"""Read files of step tests, and bind each test to the step that it is about."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from recast.ci.steptests.binding import Given, bind_packtivity, bind_stage
from recast.ci.steptests.expecting import read_expectations
from recast.ci.steptests.model import BoundStep, GivenFile, StepTest
from recast.ci.steptests.reading import Here
from recast.ci.steptests.subject import Subject, of_entry, of_workflow
from recast.errors import NotFound, SpecError
from recast.json_types import JsonValue
from recast.plainfile import read_plain
from recast.spec.source import MAX_FILE_BYTES, parse

__all__ = ["LONGEST_S", "MOST_TESTS", "USUAL_S", "load"]

MOST_TESTS = 2_000
MOST_INPUT_BYTES = 16 << 20
USUAL_S, LONGEST_S = 300, 7200
"""Seconds that a test may take if it does not say, and at most."""

_KEYS = ("entry", "tests", "workflow")
_OF_TEST = ("example", "expect", "files", "name", "parameters", "stage", "step", "walltime_s")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_FILE_NAME = re.compile(r"[A-Za-z0-9_+][A-Za-z0-9._+-]{0,99}")


def load(files: Sequence[Path], *, top: Path | None = None, entry: Path | None = None) -> tuple[StepTest, ...]:
    """Return the tests in these files, in their order; raise SpecError, NotFound or EntryError for the first fault.

    Input files lie below `top` (default: the working directory). `entry` is the catalogue entry of files that name
    neither `entry:` nor `workflow:`, whose paths are relative to the file that they stand in.
    """
    top = (top or Path.cwd()).resolve()
    subjects: dict[Path, Subject] = {}
    found: list[StepTest] = []
    for path in files:
        found += _File(path, top, entry, subjects).tests(len(found))
    titles: dict[str, StepTest] = {}
    for test in found:
        if test.title in titles:
            raise SpecError(
                f"Two tests are called {test.title!r}",
                where=str(test.position),
                why=f"The other one is at {titles[test.title].position}.",
                next_step="Rename one of them, or its file.",
                code="steptest.invalid",
            )
        titles[test.title] = test
    return tuple(found)


class _File:
    """One file of tests."""

    def __init__(self, path: Path, top: Path, entry: Path | None, subjects: dict[Path, Subject]) -> None:
        self._folder, self._top, self._subjects = Path(os.path.realpath(path)).parent, top, subjects
        self._entry = entry
        resolved = Path(os.path.realpath(path))
        self._name = resolved.relative_to(top).as_posix() if resolved.is_relative_to(top) else str(path)
        try:
            document = parse(read_plain(path, MAX_FILE_BYTES), self._name)
        except OSError as problem:
            raise NotFound(
                "A file of step tests cannot be read", where=self._name, why=problem.strerror or ""
            ) from None
        self._here = Here(document, "", document.value)

    def tests(self, before: int) -> list[StepTest]:
        """Return the tests of the file; `before` are those of other files."""
        found = self._here.keys(_KEYS, "a file of step tests")
        if "tests" not in found:
            self._here.refuse("The file has no `tests:`", "Write `tests:` and below it a list of tests.")
        items = list(found["tests"].items("`tests`"))
        if not items or before + len(items) > MOST_TESTS:
            found["tests"].refuse("There are no tests" if not items else f"There are more than {MOST_TESTS} tests")
        subject = self._subject(found)
        return [self._test(it, subject, before + number) for number, it in enumerate(items)]

    def _subject(self, found: Mapping[str, Here]) -> Subject:
        if "entry" in found and "workflow" in found:
            found["workflow"].refuse("`entry` and `workflow` both say what is tested", "Keep one of them.")
        key = next((key for key in ("entry", "workflow") if key in found), None)
        if key is not None:
            path = Path(os.path.realpath(self._folder / found[key].text(f"`{key}`")))
            if not path.is_file():
                found[key].refuse(f"There is no file {found[key].value!r}", "The path is relative to this file.")
        elif self._entry is not None:
            key, path = "entry", self._entry.resolve()
        else:
            self._here.refuse("The file does not say what it tests", "Add `entry: PATH` or `workflow: PATH`.")
        if path not in self._subjects:
            self._subjects[path] = of_entry(path) if key == "entry" else of_workflow(path)
        subject = self._subjects[path]
        if not path.is_relative_to(self._top) or not subject.folder.is_relative_to(self._top):
            (found.get(key) or self._here).refuse(
                "What is tested lies outside of the repository",
                "Copy the spec and its entry below it.",
                f"It is {subject.folder}, and the repository is {self._top}.",
            )
        return subject

    def _test(self, here: Here, subject: Subject, number: int) -> StepTest:
        found = here.keys(_OF_TEST, "a step test")
        for key in ("name", "expect"):
            if key not in found:
                here.refuse(f"The test has no `{key}`", f"Add `{key}:`.")
        name = found["name"].text("`name`")
        if not _NAME.fullmatch(name):
            found["name"].refuse(f"{name!r} cannot be the name of a test", "Letters, digits and ._-, at most 80.")
        step, stage = self._bound(here, found, subject, number)
        asked = [step.options.get("walltime_s"), *_declared(step)]
        usual = min([USUAL_S, *(int(it) for it in asked if it)])
        walltime = found["walltime_s"].integer("`walltime_s`", 1, LONGEST_S) if "walltime_s" in found else usual
        return StepTest(
            name=name,
            file=self._name,
            position=here.document.position(here.pointer),
            folder=subject.folder,
            stage=stage,
            step=step,
            expect=read_expectations(found["expect"]),
            walltime_s=walltime,
            written=json.loads(json.dumps(found["expect"].json("`expect`"))),
        )

    def _bound(self, here: Here, found: Mapping[str, Here], subject: Subject, number: int) -> tuple[BoundStep, str]:
        if ("stage" in found) == ("step" in found):
            here.refuse("A test names either a `stage` or a `step`", "stage: NAME   or   step: steps.yml#/NAME")
        parameters = found["parameters"].map("`parameters`") if "parameters" in found else {}
        files = found["files"].map("`files`") if "files" in found else {}
        if twice := sorted(parameters.keys() & files.keys()):
            files[twice[0]].refuse(f"The parameter {twice[0]!r} is given twice", "Keep one of the two.")
        given = Given(
            here,
            {key: it.json("a parameter") for key, it in parameters.items()},
            {key: self._files(it, f"tests/{number}/{key}", subject) for key, it in files.items()},
            found["example"].text("`example`") if "example" in found else None,
        )
        key = "stage" if "stage" in found else "step"
        said = found[key].text(f"`{key}`")
        try:
            if key == "stage":
                return bind_stage(subject, said, given), said
            return bind_packtivity(subject, said, given), said
        except SpecError as problem:
            if problem.code == "steptest.invalid" and not problem.where:
                found[key].refuse(problem.what, problem.next_step, problem.why)
            raise

    def _files(self, here: Here, below: str, subject: Subject) -> GivenFile | tuple[GivenFile, ...]:
        if not isinstance(here.value, list):
            return self._file(here, below, subject)
        return tuple(self._file(it, f"{below}/{index}", subject) for index, it in enumerate(here.items("`files`")))

    def _file(self, here: Here, below: str, subject: Subject) -> GivenFile:
        if isinstance(here.value, str):
            return self._on_disk(here, self._folder, self._top, below)
        found = here.keys(("bundle", "json", "name", "text"), "a file of a test")
        if "bundle" in found:
            return self._on_disk(found["bundle"], subject.folder, subject.folder, below)
        if "name" not in found or ("text" in found) == ("json" in found):
            here.refuse(
                "A file is a path, or has a name and a content",
                "{name: a.json, json: {...}}   or   {name: a, text: ...}",
            )
        name = found["name"].text("`name`")
        if not _FILE_NAME.fullmatch(name):
            found["name"].refuse(f"{name!r} cannot be the name of a file", "Letters, digits and ._+-, at most 100.")
        value: JsonValue = found["json"].json("the file") if "json" in found else None
        text = json.dumps(value, ensure_ascii=False) + "\n" if "json" in found else str(found["text"].value)
        return GivenFile(name, below, content=text.encode())

    def _on_disk(self, here: Here, folder: Path, within: Path, below: str) -> GivenFile:
        path = Path(os.path.realpath(folder / here.text("a file")))  # a link in a circle is no file
        if not path.is_relative_to(within.resolve()):
            here.refuse(f"The file {here.value!r} is outside of {within}", "Copy it beside the tests.")
        if not path.is_file():
            here.refuse(f"There is no file {here.value!r}", f"It is looked for in {folder}.")
        if (size := path.stat().st_size) > MOST_INPUT_BYTES:
            here.refuse(f"The file {here.value!r} has {size} bytes, more than {MOST_INPUT_BYTES}", "Make it smaller.")
        if not _FILE_NAME.fullmatch(path.name):
            here.refuse(f"{path.name!r} cannot be the name of a file", "Letters, digits and ._+-, at most 100.")
        return GivenFile(path.name, below, path=path)


def _declared(step: BoundStep) -> list[JsonValue]:
    """Return the wall times that the packtivity's environment asks for."""
    environment = step.packtivity["environment"]
    options = [
        environment.get("recast"),
        *(it.get("recast") for it in environment.get("resources") or () if isinstance(it, dict)),
    ]
    return [it["walltime_s"] for it in options if isinstance(it, dict) and "walltime_s" in it]
