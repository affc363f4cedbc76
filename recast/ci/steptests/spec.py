"""Many tests as one workflow: a stage each, which depends on nothing but init; and what identifies a test."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from recast.ci.steptests.model import GivenFile, StepTest
from recast.digests import digest_of
from recast.json_types import JsonDict, JsonValue
from recast.workflow import INIT_DIRECTORY

__all__ = ["SPEC_NAME", "identity", "inputs_of", "place_in", "stage_name", "workflow_of"]

SPEC_NAME = "step-tests.json"
_VERSION = 1


def stage_name(number: int, test: StepTest) -> str:
    """Return the name of a test's stage: unique in its run, and readable."""
    return f"t{number}_" + re.sub(r"[^A-Za-z0-9]", "_", test.name)[:60]


def workflow_of(tests: Sequence[StepTest], images: Mapping[str, str]) -> JsonDict:
    """Return the workflow that runs each test's packtivity once; `images` are `NAME@sha256:...` by title of test.

    Nothing in it refers to another file, and nothing floats.
    """
    return {"stages": [_stage(number, test, images[test.title]) for number, test in enumerate(tests)]}


def inputs_of(tests: Sequence[StepTest]) -> JsonDict:
    """Return the values of init for the workflow of these tests."""
    return {
        _key(number, name): _moved(value, number, test)
        for number, test in enumerate(tests)
        for name, value in test.step.inputs.items()
    }


def place_in(number: int, file: GivenFile) -> str:
    """Return where a test's file lies below init: tests of different versions have files of the same name."""
    return f"{number}/{file.place}"


def identity(test: StepTest, image: str, digest: Callable[[GivenFile], str]) -> str:
    """Return the digest of everything that decides a test's outcome: never a path of this machine, a time or a name.

    `digest` returns that of a file's content. Renaming or moving a test changes nothing.
    """
    step = test.step
    told = {file.place: {"name": _beside(file), "is": digest(file)} for file in step.files.values()}
    parts = {
        "version": _VERSION,
        "packtivity": step.packtivity,
        "options": {key: value for key, value in step.options.items() if key != "walltime_s"},
        "image": image.rpartition("@")[2],
        "literal": step.literal,
        "inputs": {name: _told(value, told) for name, value in step.inputs.items()},
        "quotes": step.quotes,
        "walltime_s": test.walltime_s,
        "expect": test.written,
    }
    return digest_of(json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def _stage(number: int, test: StepTest, image: str) -> JsonDict:
    step = test.step
    packtivity = {**step.packtivity, "environment": _pinned(step.packtivity["environment"], image)}
    taken = {name: {"step": "init", "output": _key(number, name)} for name in step.inputs}
    return {
        "name": stage_name(number, test),
        "dependencies": ["init"],
        "recast": {**step.options, "walltime_s": test.walltime_s},
        "scheduler": {
            "scheduler_type": "singlestep-stage",
            "parameters": {**step.literal, **taken},
            "step": packtivity,
        },
    }


def _pinned(environment: JsonDict, image: str) -> JsonDict:
    return {**{key: value for key, value in environment.items() if key != "imagetag"}, "image": image}


def _key(number: int, name: str) -> str:
    return f"t{number}_{name}"


def _moved(value: JsonValue, number: int, test: StepTest) -> JsonValue:
    """Return a value in which the paths of the test's files are those of the run."""
    if isinstance(value, list):
        return [_moved(item, number, test) for item in value]
    below = value.removeprefix(f"{INIT_DIRECTORY}/") if isinstance(value, str) else None
    if below is not None and below != value and below in test.step.files:
        return f"{INIT_DIRECTORY}/{place_in(number, test.step.files[below])}"
    return value


def _told(value: JsonValue, told: Mapping[str, JsonDict]) -> JsonValue:
    if isinstance(value, list):
        return [_told(item, told) for item in value]
    if not isinstance(value, str) or not value.startswith(f"{INIT_DIRECTORY}/"):
        return value
    return told.get(value.removeprefix(f"{INIT_DIRECTORY}/"), value)


def _beside(file: GivenFile) -> str:
    """Return the name that counts: files of the bundle are found by their neighbours, so their folders count too."""
    return file.name if file.below.startswith("tests/") else str(Path(file.below, file.name))
