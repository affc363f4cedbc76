"""The arguments that `run` and `plan` share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from recast.errors import UsageError
from recast.runs import Options, PreparedRun, find_source, prepare
from recast.runs.inputs import init_data, user_inputs
from recast.workflow import MOST_STEPS

__all__ = ["prepared", "source_options"]

F = TypeVar("F", bound=Callable[..., Any])

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


def source_options(function: F) -> F:
    """Add what says what to run, with which inputs, and where."""
    for add in reversed(
        [
            click.argument("source", metavar="ANALYSIS[@VERSION]|WORKFLOW.yml"),
            click.option("--toplevel", type=_FOLDER, help="Folder that the workflow's $ref are relative to."),
            click.option("--inputs", "input_files", type=_FILE, multiple=True, help="YAML file with inputs."),
            click.option("-p", "assignments", multiple=True, metavar="KEY=YAML", help="One input; may be repeated."),
            click.option("--example", metavar="NAME", help="Inputs of one of the version's examples."),
            click.option("--initdir", type=_FOLDER, help="Folder with files that inputs may name."),
            click.option(
                "--subinit", "subinits", multiple=True, metavar="STAGE=DIR", help="The same for a sub-workflow."
            ),
            click.option("--max-steps", type=click.IntRange(1), help="Refuse a larger workflow [default: 1000000]."),
            click.option("--executor", default="local", show_default=True, help="Where jobs run."),
            click.option("--runtime", help="What starts containers: bubblewrap, podman, docker, apptainer."),
            click.option("--max-parallel", type=click.IntRange(1), help="Jobs at once [default: the cores]."),
            click.option("--no-cache", is_flag=True, help="Run every step, even if its result is known."),
            click.option("--allow-host-process", is_flag=True, help="Let steps without a container run on this host."),
        ]
    ):
        function = add(function)
    return function


def prepared(
    source: str,
    toplevel: Path | None,
    input_files: tuple[Path, ...],
    assignments: tuple[str, ...],
    example: str | None,
    initdir: Path | None,
    subinits: tuple[str, ...],
    max_steps: int | None,
    executor: str,
    runtime: str | None,
    max_parallel: int | None,
    no_cache: bool,
    allow_host_process: bool,
) -> PreparedRun:
    """Check the arguments and put the run together; nothing is written."""
    found = find_source(source, toplevel)
    inputs = user_inputs(input_files, assignments, found.example(example) if example else {})
    options = Options(executor, runtime, max_parallel, not no_cache, allow_host_process, max_steps or MOST_STEPS)
    return prepare(found, init_data(found, inputs, initdir, _folders(subinits)), options)


def _folders(assignments: tuple[str, ...]) -> dict[str, Path]:
    """Return the init directories of sub-workflows, by stage."""
    folders: dict[str, Path] = {}
    for text in assignments:
        name, equals, folder = text.partition("=")
        if not (equals and name and folder):
            raise UsageError(f"{text!r} is no STAGE=DIR", where="--subinit", next_step="--subinit downstream=inputs")
        folders[name] = Path(folder)
    return folders
