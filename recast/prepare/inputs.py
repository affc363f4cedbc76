"""The inputs of a run: collected from examples, files and the command line, checked, and turned into init's result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from recast.catalogue.entries.local_workflow import Source
from recast.errors import InputError, SpecError, UsageError
from recast.inputs.filevalue import FileName
from recast.inputs.numbers import refuse_odd_bases
from recast.json_types import JsonDict, JsonObject, is_not_finite
from recast.plainfile import read_plain
from recast.prepare.init_dir import read_initdir
from recast.prepare.input_files import FileGrants, ResolvedFiles, fixed_files, hand_in
from recast.spec.model import Selector, Workflow
from recast.spec.source import parse
from recast.spec.traverse import bodies_of, is_instance, stages_of
from recast.terminal_safe import is_utf8
from recast.workflow import INIT_DIRECTORY
from recast.workflow.discover import discovered, names_in

__all__ = ["InitData", "init_data", "user_inputs"]

NOTHING_OF_THE_USER = FileGrants()


@dataclass(frozen=True, slots=True)
class InitData:
    """The inputs as given, the result of the root's init, and the local files that it refers to (by path below init).

    `sub_files` are the files for sub-workflows, by the names of the stages that lead there. `origins` gives the source
    of each file that was handed in, by path.
    """

    given: JsonObject
    values: JsonDict
    files: dict[str, Path] = field(default_factory=dict)
    sub_files: dict[str, dict[str, Path]] = field(default_factory=dict)
    origins: dict[str, JsonDict] = field(default_factory=dict)


def user_inputs(files: Iterable[Path], assignments: Iterable[str], example: JsonObject) -> JsonDict:
    """Merge inputs: an example, then files, then assignments; the later ones win. Raises InputError.

    An assignment is `key=YAML`, or `key=@FILE` for a file that is handed in; two of one key are a UsageError.
    """
    inputs = dict(example)
    for path in files:
        inputs.update(_read(path))
    said: dict[str, str] = {}
    for text in assignments:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise InputError(
                f"{text!r} is not an assignment",
                where="-p",
                next_step="write -p key=value, for example -p 'masses=[1, 2]'",
            )
        if key in said:
            raise UsageError(
                f"The input {key!r} is given twice",
                where=f"-p {said[key]} -p {text}",
                why="It is ambiguous which of the two is meant; -p replaces values from files and examples.",
                next_step=f"give it once; a list is one value: -p '{key}=[..., ...]'",
            )
        said[key] = text
        if value.startswith("@"):
            inputs[key] = FileName(value[1:])
        else:
            inputs[key] = _parsed(value, f"-p {key}", "quote it once for the shell: -p 'key=[1, 2]'")
    for key, value in inputs.items():
        _check_json(value, f"inputs /{key}")
    return inputs


def init_data(
    source: Source,
    inputs: JsonObject,
    initdir: Path | None,
    subinits: Mapping[str, Path] | None = None,
    hand: FileGrants = NOTHING_OF_THE_USER,
) -> InitData:
    """Check the inputs and resolve the files in them; raise InputError before anything runs.

    Keys that a published version fixes to files of its bundle become paths below init. For other workflows every string
    that names a file below `initdir`, or is a pattern that matches there, is replaced as in yadage. Files that are
    handed in individually (`recast.prepare.input_files`) become paths below init in both cases. `subinits` are the init
    directories of sub-workflows, by the names of the stages that lead there.
    """
    handed = hand_in(source, inputs, hand)
    if source.version is not None:
        data = _fixed_files(source, handed)
    elif initdir is not None:
        data = _discover(handed.values, initdir, source.workflow)
        data = replace(data, given=handed.given, files={**data.files, **handed.files})
    else:
        data = InitData(handed.given, handed.values, handed.files)
    data = replace(data, origins={**data.origins, **handed.origins})
    _check_complete(source.workflow, data.values)
    for name, folder in (subinits or {}).items():
        _check_leads_to_scope(source.workflow, name)
        data.sub_files[name] = _all_files(folder)
    return data


def _read(path: Path) -> JsonDict:
    try:
        content = read_plain(path)
    except OSError as problem:
        raise InputError("The inputs file cannot be read", where=str(path), why=problem.strerror or "") from problem
    document = _parsed(content, str(path), "fix the file; it is YAML, one 'name: value' per line")
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise InputError(
            "The inputs file is not a map of names to values",
            where=str(path),
            next_step="write one 'name: value' per line",
        )
    return document


def _parsed(text: bytes | str, where: str, next_step: str) -> Any:
    try:
        value = parse(text, where).value
    except SpecError as problem:
        raise InputError(problem.what, where=problem.where, why=problem.why, next_step=next_step) from None
    refuse_odd_bases(text, where)
    return value


def _check_json(value: Any, where: str) -> None:
    """Raise InputError for what YAML has and JSON does not: dates, sets, bytes, infinities."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise InputError(f"The key {key!r} is not text", where=where, next_step=f"quote it: '{key}'")
            _check_json(item, f"{where}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_json(item, f"{where}/{index}")
    elif isinstance(value, str) and not is_utf8(value):
        raise InputError(f"{value!r} is not UTF-8", where=where, next_step="write it as UTF-8; rename a file like this")
    elif is_not_finite(value):
        raise InputError(f"{value!s:.40} is not a number that a workflow can take", where=where)
    elif value is not None and not isinstance(value, (str, int, float, bool)):
        kind = type(value).__name__
        raise InputError(f"YAML reads {value!s:.40} as a {kind}", where=where, next_step=f"quote it: '{value!s:.40}'")


def _fixed_files(source: Source, handed: ResolvedFiles) -> InitData:
    clash = sorted(set(source.init) & set(handed.values))
    if clash:
        raise InputError(f"{clash[0]!r} is fixed by {source.title} and cannot be given", where=f"inputs /{clash[0]}")
    fixed = fixed_files(source)
    return InitData(
        {**handed.given, **fixed.given},
        {**handed.values, **fixed.values},
        {**fixed.files, **handed.files},
        origins=fixed.origins,
    )


def _discover(inputs: JsonObject, initdir: Path, workflow: Workflow) -> InitData:
    """Resolve the file names in the inputs; files named by the spec in parameters of stages are included."""
    found = read_initdir(initdir)
    said = [inputs, *(dict(stage.parameters) for stage in stages_of(workflow))]
    found.check(said)
    listing, used = found.listing(), set[str]()
    names_in(said, found.files, used.add, listing)
    values = {key: discovered(value, INIT_DIRECTORY, listing, patterns=True) for key, value in inputs.items()}
    return InitData(inputs, values, {path: found.files[path] for path in sorted(used)})


def _all_files(folder: Path) -> dict[str, Path]:
    """Return all files of a sub-workflow's init directory: which are used is known only when it starts."""
    found = read_initdir(folder)
    found.check_all()
    return found.files


def _check_leads_to_scope(workflow: Workflow, name: str) -> None:
    """Raise InputError unless names such as `downstream/archived` or `map_3/fit` lead to sub-workflows."""
    here = [workflow]
    for part in name.split("/"):
        stages = [stage for scope in here for stage in scope.stages]
        known = [stage for stage in stages if is_instance(part, stage.name)]
        here = [body for stage in known for body in bodies_of(stage) if isinstance(body, Workflow)]
        if not here:
            names = [stage.name for stage in stages if any(isinstance(body, Workflow) for body in bodies_of(stage))]
            raise InputError(
                f"{name!r} does not lead to a sub-workflow",
                where="--subinit",
                why=f"There is none at {part!r}. Sub-workflows there: {', '.join(names) or 'none'}.",
                next_step="write --subinit STAGE=FOLDER, with slashes between stages, such as downstream/archived",
            )


def _check_complete(workflow: Workflow, values: JsonObject) -> None:
    """Raise InputError if a stage of the root takes something from init that is not there."""
    for stage in workflow.stages:
        for name, value in stage.parameters.items():
            if not isinstance(value, Selector) or value.path != "init" or value.output is None:
                continue
            if value.output not in values and value.output.isidentifier():
                raise InputError(
                    f"The input {value.output!r} is missing",
                    where=str(value.position or f"stage {stage.name}, parameter {name}"),
                    why=f"Stage {stage.name!r} takes it from init. Given: {', '.join(values) or 'nothing'}.",
                    next_step=f"add -p {value.output}=...",
                )
