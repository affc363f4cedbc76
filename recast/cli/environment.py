"""The options by which the user of a run says in what environment its jobs run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from recast.cli.output import message
from recast.engine.overrides import RunOverrides

if TYPE_CHECKING:
    pass

__all__ = ["environment_options", "warn_of_overrides"]

F = TypeVar("F", bound=Callable[..., Any])


def environment_options(function: F) -> F:
    """Add what says in what environment jobs run; `words_of` reads it."""
    for add in reversed(
        [
            click.option("--env", multiple=True, metavar="NAME=VALUE", help="A variable for all steps; recorded."),
            click.option(
                "--bind", multiple=True, metavar="SRC:DST[:rw]", help="Show a folder of the node to all containers."
            ),
            click.option("--cpus", metavar="N", help="Cores of each job."),
            click.option("--memory", metavar="SIZE", help="Memory of each job, such as 4GB; a bare number is in MB."),
            click.option("--disk", metavar="SIZE", help="Disk of each job."),
            click.option("--walltime", metavar="TIME", help="Longest time of each job, such as 2h30m."),
            click.option("--gpus", metavar="N", help="GPUs of each job."),
            click.option("--network/--no-network", default=None, help="Let all steps use the network, or none."),
            click.option(
                "--stage", multiple=True, metavar="NAME:KEY=VALUE", help="The same for one stage: fit:memory=4GB."
            ),
            click.option(
                "--image-override",
                multiple=True,
                metavar="NAME=REF@sha256:...",
                help="Run another image than the pinned one; recorded, and shown with every result.",
            ),
        ]
    ):
        function = add(function)
    return function


def warn_of_overrides(overrides: RunOverrides) -> None:
    """Say on stderr which images are not the ones that the spec pins."""
    for name, image in overrides.images.items():
        message(f"warning    {name} is replaced by {image}: results are not those of the preserved images")
