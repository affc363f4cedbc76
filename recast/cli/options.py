"""The arguments that `run`, `plan` and `spec graph` share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from recast.cli.environment import environment_options

__all__ = ["how_options", "input_options", "source_options", "until_option", "where_options"]


F = TypeVar("F", bound=Callable[..., Any])

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, exists=True)


def input_options(function: F) -> F:
    """Add the options for what to run and with which inputs; `chosen` reads them."""
    for add in reversed(
        [
            click.argument("source", metavar="ANALYSIS[@VERSION]|oci://...|WORKFLOW.yml|CRATE"),
            click.option(
                "--toplevel", metavar="WHERE", help="Folder of the spec: DIR, github:ORG/REPO[@REF][:DIR], a URL, ..."
            ),
            click.option(
                "--inputs", "input_files", type=_FILE, multiple=True, help="YAML file with inputs, or a crate."
            ),
            click.option("-p", "assignments", multiple=True, metavar="KEY=YAML|@FILE", help="An input, or a file."),
            click.option("--example", metavar="NAME", help="Inputs from an example, or a test of an entry."),
            click.option("--initdir", type=_FOLDER, help="Folder with files that inputs may refer to."),
            click.option(
                "--input-archive", metavar="FILE|URL", help="A zip or tar.gz of such files; may end with #sha256=..."
            ),
            click.option("--archive-match", metavar="DIR/", help="Take only this folder (a pattern) of the archive."),
            click.option("--allow-withdrawn", is_flag=True, help="Run a version that was withdrawn."),
            click.option(
                "--subinit",
                "subinits",
                multiple=True,
                metavar="STAGE=DIR",
                help="The same as --initdir for a sub-workflow.",
            ),
        ]
    ):
        function = add(function)
    return function


def source_options(function: F) -> F:
    """Add the options for what to run, with which inputs, and where; for an `ExecutorCommand`."""
    return input_options(where_options(function))


def where_options(function: F) -> F:
    """Add the options for where and how to run; for an `ExecutorCommand`."""
    for add in reversed(
        [
            click.option(
                "--max-steps", type=click.IntRange(1), help="Reject workflows with more steps [default: 200000]."
            ),
            how_options,
            environment_options,
            click.option("--allow-host-process", is_flag=True, help="Let steps without a container run on this host."),
        ]
    ):
        function = add(function)
    return function


def how_options(function: F) -> F:
    """Add the options for executor, runtime, parallel jobs and cache; for an `ExecutorCommand`."""
    for add in reversed(
        [
            click.option("--executor", metavar="NAME", help="Where jobs run: `recast executors ls` [default: local]."),
            click.option("--runtime", help="Container runtime: bubblewrap, podman, docker, apptainer."),
            click.option(
                "--max-parallel", type=click.IntRange(1), help="Number of parallel jobs [default: number of cores]."
            ),
            click.option("--no-cache", is_flag=True, help="Run every step, even if its result is cached."),
        ]
    ):
        function = add(function)
    return function


def until_option(function: F) -> F:
    """Add the option that ends a run early."""
    return click.option("--until", metavar="STAGE", help="Run only this stage and everything it needs.")(function)
