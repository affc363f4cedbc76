"""A value for each parameter of a step: those that a test gives, and those that the workflow fixes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from recast.ci.steptests.model import BoundStep, GivenFile
from recast.ci.steptests.reading import Here
from recast.ci.steptests.subject import Subject
from recast.json_types import JsonDict, JsonObject, JsonValue
from recast.spec.model import Selector, ValueReference
from recast.spec.templates import TemplateError, placeholders, text_leaves
from recast.suggest import did_you_mean
from recast.workflow import INIT_DIRECTORY

__all__ = ["FILES_OF_BUNDLE", "Given", "bind_packtivity", "bind_stage"]

FILES_OF_BUNDLE = "spec"
"""The folder below init in which files of the bundle lie, with the folders that they have there."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a test gives: plain parameters, and files, each one file or a list of them. `here` is the test itself."""

    here: Here
    parameters: Mapping[str, JsonValue]
    files: Mapping[str, GivenFile | tuple[GivenFile, ...]]
    example: str | None = None


def bind_stage(subject: Subject, name: str, given: Given) -> BoundStep:
    """Return a stage's packtivity with all of its parameters; raise SpecError for one that has no value.

    What the stage takes from init comes from the bundle, the chosen example or the defaults of the inputs, unless the
    test gives it; what it takes from other stages the test has to give.
    """
    stage, packtivity = subject.stage(name)
    inputs = _inputs(subject, given)
    made = _Made(given)
    _refuse_unknown(given, list(stage.parameters), f"stage {name!r}")
    for key, value in stage.parameters.items():
        if key in given.files or key in given.parameters:
            made.take(key, of_init=_is_init(value))
        elif _is_init(value) and value.output in subject.init:
            made.add_file(key, _of_bundle(subject, subject.init[value.output], given))
        elif _is_init(value) and value.output in inputs:
            made.add_input(key, inputs[value.output], subject, given)
        elif isinstance(value, (Selector, ValueReference)):
            source = value.path if isinstance(value, Selector) else f"the value {value.key}"
            made.lacks(key, f"The stage takes it from {source}.")
        else:
            made.literal[key] = value
    return made.step(packtivity, stage.options, subject)


def bind_packtivity(subject: Subject, reference: str, given: Given) -> BoundStep:
    """Return a packtivity by `FILE#/POINTER` with the test's parameters; raise SpecError for one that has no value."""
    packtivity = subject.packtivity(reference)
    made = _Made(given)
    for key in (*given.parameters, *given.files):
        made.take(key, of_init=False)
    for key in _needed(packtivity, given):
        if key not in made.literal and key not in made.inputs:
            made.lacks(key, "Its command needs it.")
    return made.step(packtivity, {}, subject)


class _Made:
    """The parameters of one step while they are put together."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self.literal: JsonDict = {}
        self.inputs: JsonDict = {}
        self.files: dict[str, GivenFile] = {}

    def take(self, key: str, *, of_init: bool) -> None:
        """Take a parameter from the test; a stage's own parameter cannot be true, false, null or a map."""
        if key in self._given.files:
            found = self._given.files[key]
            many = found if isinstance(found, tuple) else (found,)
            self.files.update({file.place: file for file in many})
            paths = [f"{INIT_DIRECTORY}/{file.place}" for file in many]
            self.inputs[key] = paths if isinstance(found, tuple) else paths[0]
            return
        value = self._given.parameters[key]
        plain = isinstance(value, (str, int, float, list)) and not isinstance(value, bool)
        named = any("{workdir}" in text for text in text_leaves(value))
        (self.literal if (plain and not of_init) or named else self.inputs)[key] = value

    def add_file(self, key: str, file: GivenFile) -> None:
        """Add a file of the bundle."""
        self.files[file.place] = file
        self.inputs[key] = f"{INIT_DIRECTORY}/{file.place}"

    def add_input(self, key: str, value: JsonValue, subject: Subject, given: Given) -> None:
        """Add an input of an example or a default; one that is a file of the bundle becomes its path."""
        if isinstance(value, str) and value.startswith("bundle:"):
            self.add_file(key, _of_bundle(subject, value.removeprefix("bundle:"), given))
        else:
            self.inputs[key] = value

    def lacks(self, key: str, why: str) -> None:
        """Refuse a test that does not give a parameter."""
        self._given.here.refuse(
            f"The parameter {key!r} has no value",
            "Give it below `parameters:` or, if it is a file, `files:`.",
            why,
        )

    def step(self, packtivity: JsonObject, options: JsonObject, subject: Subject) -> BoundStep:
        """Return the bound step."""
        environment = packtivity.get("environment") or {}
        image = None
        if environment.get("environment_type") == "docker-encapsulated":
            name = str(environment["image"])
            image = name if "@sha256:" in name else f"{name}:{environment.get('imagetag') or 'latest'}"
        else:
            self._given.here.refuse(
                "The step runs in no container image",
                "Give the packtivity an environment of type docker-encapsulated.",
                "A step test runs where any job of the step runs; a process on the host itself is not started.",
            )
        return BoundStep(packtivity, options, self.literal, self.inputs, self.files, image, subject.quotes)


def _is_init(value: JsonValue) -> bool:
    return isinstance(value, Selector) and value.path == "init" and value.single and value.output is not None


def _inputs(subject: Subject, given: Given) -> JsonDict:
    if given.example is None:
        return dict(subject.defaults)
    if given.example not in subject.examples:
        advice = did_you_mean(given.example, subject.examples, what="examples")
        given.here.refuse(f"There is no example {given.example!r}", advice or "Leave `example:` out.")
    return {**subject.defaults, **subject.examples[given.example]}


def _of_bundle(subject: Subject, path: str, given: Given) -> GivenFile:
    folder, _, name = path.rpartition("/")
    place = (subject.folder / path).resolve()
    if "://" in path or not place.is_relative_to(subject.folder.resolve()) or not place.is_file():
        given.here.refuse(
            f"The file {path!r} is not in the spec's folder", "Give a small file of your own for it, below `files:`."
        )
    return GivenFile(name, f"{FILES_OF_BUNDLE}/{folder}".rstrip("/"), path=place)


def _needed(packtivity: JsonObject, given: Given) -> list[str]:
    process = packtivity.get("process") or {}
    template = process.get("cmd") or process.get("script") or ""
    try:
        return [name for name in dict.fromkeys(placeholders(template)) if name and not name.isdecimal()]
    except TemplateError as problem:
        given.here.refuse(f"The command of the packtivity cannot be read: {problem}")


def _refuse_unknown(given: Given, known: list[str], what: str) -> None:
    for kind, keys in (("parameters", given.parameters), ("files", given.files)):
        for key in keys:
            if key not in known:
                given.here.child(kind).child(key).refuse(
                    f"{what[:1].upper()}{what[1:]} has no parameter {key!r}", did_you_mean(key, known)
                )
