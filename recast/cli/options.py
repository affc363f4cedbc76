"""The arguments that `run`, `plan` and `spec graph` share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from recast.cli.environment import environment_options

__all__ = ["input_options", "source_options", "until_option", "where_options"]


F = TypeVar("F", bound=Callable[..., Any])

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, exists=True)


def input_options(function: F) -> F:
    """Add what says of what, and with which inputs; `chosen` reads them."""
    for add in reversed(
        [
            click.argument("source", metavar="ANALYSIS[@VERSION]|oci://...|WORKFLOW.yml|CRATE"),
            click.option(
                "--toplevel", metavar="WHERE", help="Folder of the spec: DIR, github:ORG/REPO[@REF][:DIR], a URL, ..."
            ),
            click.option("--inputs", "input_files", type=_FILE, multiple=True, help="YAML file of inputs, or a crate."),
            click.option("-p", "assignments", multiple=True, metavar="KEY=YAML|@FILE", help="One input, or a file."),
            click.option("--example", metavar="NAME", help="Inputs of one of the examples, or a test of an entry."),
            click.option("--initdir", type=_FOLDER, help="Folder with files that inputs may name."),
            click.option(
                "--input-archive", metavar="FILE|URL", help="A zip or tar.gz of such files; may end with #sha256=..."
            ),
            click.option("--archive-match", metavar="DIR/", help="Take only this folder (a pattern) of the archive."),
            click.option("--allow-withdrawn", is_flag=True, help="Run a version that was withdrawn."),
            click.option(
                "--subinit", "subinits", multiple=True, metavar="STAGE=DIR", help="The same for a sub-workflow."
            ),
        ]
    ):
        function = add(function)
    return function


def source_options(function: F) -> F:
    """Add what says what to run, with which inputs, and where; for an `ExecutorCommand`."""
    return input_options(where_options(function))


def where_options(function: F) -> F:
    """Add what says where and how to run; for an `ExecutorCommand`."""
    for add in reversed(
        [
            click.option("--max-steps", type=click.IntRange(1), help="Refuse a larger workflow [default: 200000]."),
            click.option("--executor", metavar="NAME", help="Where jobs run: `recast executors ls` [default: local]."),
            click.option("--runtime", help="What starts containers: bubblewrap, podman, docker, apptainer."),
            click.option("--max-parallel", type=click.IntRange(1), help="Jobs at once [default: the cores]."),
            click.option("--no-cache", is_flag=True, help="Run every step, even if its result is known."),
            environment_options,
            click.option("--allow-host-process", is_flag=True, help="Let steps without a container run on this host."),
        ]
    ):
        function = add(function)
    return function


def until_option(function: F) -> F:
    """Add what lets a run end early."""
    return click.option("--until", metavar="STAGE", help="Only this stage, and all that it needs.")(function)
