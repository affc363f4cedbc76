"""From arguments, typed by a person or given by a program, to a run that can be created."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from recast.config import Config, load_config
from recast.errors import UsageError
from recast.executors.values import executor_of
from recast.json_types import JsonDict, JsonObject
from recast.prepare import Options, PreparedRun, Source, find_source, prepare
from recast.prepare.defaults import run_defaults
from recast.prepare.input_files import FileGrants
from recast.prepare.inputs import InitData, init_data, user_inputs
from recast.prepare.override_words import OverrideFlags
from recast.workflow import MOST_STEPS

__all__ = [
    "ENVIRONMENT",
    "RUN_OPTIONS",
    "chosen",
    "chosen_with",
    "executor_and_settings",
    "prepared",
    "run_options",
    "site_options",
    "words_of",
]

RUN_OPTIONS = (
    "max_steps", "executor", "runtime", "max_parallel", "no_cache", "allow_host_process", "given",
)  # fmt: skip
"""The arguments of `run_options` except those of the environment's options."""


def chosen(
    source: str,
    toplevel: str | None,
    input_files: tuple[Path, ...],
    assignments: tuple[str, ...],
    example: str | None,
    allow_withdrawn: bool = False,
    **files: Any,
) -> tuple[Source, InitData]:
    """Find what command-line arguments refer to, and check its inputs; raise NotFound, SpecError or InputError."""
    crates, texts = _apart(input_files)
    own = {**crates, **user_inputs(texts, assignments, {})}
    folders = dict.fromkeys([Path.cwd(), *(file.absolute().parent for file in input_files)])
    return chosen_with(
        source, own, toplevel, example, tuple(folders), assignments, allow_withdrawn=allow_withdrawn, **files
    )


def chosen_with(
    source: str,
    own: JsonObject,
    toplevel: str | None = None,
    example: str | None = None,
    folders: tuple[Path, ...] = (),
    said: tuple[str, ...] = (),
    *,
    allow_withdrawn: bool = False,
    initdir: Path | None = None,
    input_archive: str | None = None,
    archive_match: str | None = None,
    subinits: tuple[str, ...] = (),
) -> tuple[Source, InitData]:
    """Find what to run and check its inputs; raise NotFound, SpecError or InputError.

    `own` are the user's inputs, whose files are searched in `folders`; `said` is the typed text: only URLs in it may
    point into the local network.
    """
    found = find_source(source, toplevel, example, bare=not own, allow_withdrawn=allow_withdrawn)
    inputs = {**user_inputs((), (), found.offer.values), **own}
    found, there, below = _init_folders(found, initdir, input_archive, archive_match, subinits)
    hand = FileGrants(frozenset(own) | found.offer.files, folders, said)
    return found, init_data(found, inputs, there, below, hand)


def _apart(paths: tuple[Path, ...]) -> tuple[JsonDict, list[Path]]:
    """Return the inputs in those files of `--inputs` that are crates, and the other files."""
    from recast.prepare.crate_files import crate_at

    of_crates: JsonDict = {}
    texts = []
    for path in paths:
        if path.name != "inputs.json" and crate_at(str(path)) is None:
            texts.append(path)
            continue
        from recast.prepare.crate import crate_inputs

        found = crate_inputs(path)
        of_crates.update(found or {})
        texts += [] if found is not None else [path]
    return of_crates, texts


def prepared(**arguments: Any) -> PreparedRun:
    """Check the arguments and prepare the run; nothing is written."""
    until = arguments.pop("until", None)
    options = run_options(**{key: arguments.pop(key) for key in (*RUN_OPTIONS, *ENVIRONMENT)})
    return prepare(*chosen(**arguments), replace(options, until=until))


def run_options(
    max_steps: int | None,
    executor: str | None,
    runtime: str | None,
    max_parallel: int | None,
    no_cache: bool,
    allow_host_process: bool,
    given: JsonObject,
    **environment: Any,
) -> Options:
    """Return the options of a run, from flags, variables and the configuration file; raise UsageError."""
    cache = False if no_cache else None
    flags = {"runtime": runtime, "max_parallel": max_parallel, "max_steps": max_steps, "cache": cache}
    config = load_config()
    name, settings = executor_and_settings(executor, given, config)
    values = run_defaults({key: value for key, value in flags.items() if value is not None}, os.environ, config)
    return Options(
        executor=name,
        runtime=values["runtime"],
        max_parallel=values["max_parallel"],
        use_cache=values["cache"],
        allow_host_process=allow_host_process,
        most_steps=values["max_steps"] or MOST_STEPS,
        executor_settings=settings,
        words=words_of(**environment),
    )


def site_options(executor: str = "", runtime: str = "", max_parallel: int = 0) -> Options:
    """Return the options of a run that nobody gave flags for; empty values are those of the configuration file."""
    config = load_config()
    name, settings = executor_and_settings(executor or None, {}, config)
    said = {key: value for key, value in {"runtime": runtime, "max_parallel": max_parallel}.items() if value}
    values = run_defaults(said, os.environ, config)
    return Options(
        executor=name,
        runtime=values["runtime"],
        max_parallel=values["max_parallel"],
        use_cache=values["cache"],
        most_steps=values["max_steps"] or MOST_STEPS,
        executor_settings=settings,
    )


def executor_and_settings(flag: str | None, given: JsonObject, config: Config | None = None) -> tuple[str, JsonDict]:
    """Return the chosen executor, and its settings as a run records them; raise UsageError for invalid ones."""
    config = load_config() if config is None else config
    name = executor_of(flag, config)
    if name == "local" and not config.table("executors") and not _has_variables(name):
        return name, {}
    from recast.executors.values import executor_values, public_values

    return name, public_values(name, executor_values(name, given, os.environ, config))


def _has_variables(name: str) -> bool:
    return any(variable.startswith(f"RECAST_{name.upper()}_") for variable in os.environ)


def _init_folders(
    found: Source, initdir: Path | None, input_archive: str | None, archive_match: str | None, subinits: tuple[str, ...]
) -> tuple[Source, Path | None, dict[str, Path]]:
    """Return the folders whose files inputs may name; what the user gives takes precedence over the example's.

    The returned source records the archive that was unpacked.
    """
    if input_archive is not None and initdir is not None:
        raise UsageError("--initdir and --input-archive are both given", why="Both say where the files are.")
    if archive_match is not None and input_archive is None and found.offer.archive is None:
        raise UsageError("--archive-match needs an archive", next_step="--input-archive FILE|URL")
    offer = replace(found.offer, match=archive_match or found.offer.match)
    if input_archive is not None or initdir is not None:
        offer = replace(offer, archive=None, initdir=None)
    offered, below, archive = offer.folders()
    if input_archive is not None:
        from recast.remote.archive import input_archive as unpacked

        archive = unpacked(input_archive, archive_match)
        offered = archive.path
    if archive is not None:
        origin = {**(found.origin or {}), "input_archive": archive.as_json()}
        warnings = (*found.warnings, archive.note) if archive.note else found.warnings
        found = replace(found, origin=origin, warnings=warnings)
    return found, initdir or offered, {**below, **_folders(subinits)}


def _folders(assignments: tuple[str, ...]) -> dict[str, Path]:
    """Return the init directories of sub-workflows by stage."""
    folders: dict[str, Path] = {}
    for text in assignments:
        name, equals, folder = text.partition("=")
        if not (equals and name and folder):
            raise UsageError(f"{text!r} is not a STAGE=DIR", where="--subinit", next_step="--subinit downstream=inputs")
        if name in folders:
            raise UsageError(f"The sub-workflow {name!r} has two folders", where=f"--subinit {text}")
        folders[name] = Path(folder)
    return folders


_AMOUNTS = ("cpus", "memory", "disk", "walltime", "gpus", "gpu", "arch", "working_group")
_LISTS = ("env", "bind", "site", "exclude_site", "container_arg", "secret")


ENVIRONMENT = (*_AMOUNTS, *_LISTS, "network", "cvmfs", "stage", "image_override")
"""The names of the options, as a command gets them."""


def words_of(
    stage: tuple[str, ...], image_override: tuple[str, ...], tries: int | None = None, **said: Any
) -> OverrideFlags | None:
    """Return what was said (by the names in `ENVIRONMENT`), for `overrides_of`; None if nothing was."""

    def everywhere() -> Iterator[tuple[str, str]]:
        for key in _LISTS:
            yield from ((key.replace("_", "-"), text) for text in said[key])
        for key in _AMOUNTS:
            if said[key] is not None:
                yield key.replace("_", "-"), said[key]
        for key in ("network", "cvmfs"):
            if said[key] is not None:
                yield key, "yes" if said[key] else "no"

    words = tuple(everywhere())
    if not (words or stage or image_override or tries):
        return None
    return OverrideFlags(words, stage, image_override, tries)
