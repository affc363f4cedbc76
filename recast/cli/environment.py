"""The options that set the environment of a run's jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from recast.cli.output import message
from recast.engine.overrides import RunOverrides

__all__ = ["environment_options", "job_options", "warn_of_overrides"]

F = TypeVar("F", bound=Callable[..., Any])


def environment_options(function: F) -> F:
    """Add the options for the environment of jobs, of single stages too; `words_of` reads them."""
    for add in reversed(
        [
            job_options,
            click.option(
                "--stage",
                multiple=True,
                metavar="NAME:KEY=VALUE",
                help="The same for one stage, such as fit:memory=4GB.",
            ),
            click.option(
                "--image-override",
                multiple=True,
                metavar="NAME=REF@sha256:...",
                help="Use another image than the pinned one; recorded, and shown with every result.",
            ),
        ]
    ):
        function = add(function)
    return function


def job_options(function: F) -> F:
    """Add the options for the environment of all jobs."""
    for add in reversed(
        [
            click.option(
                "--env", multiple=True, metavar="NAME=VALUE", help="Environment variable for all steps; recorded."
            ),
            click.option(
                "--bind", multiple=True, metavar="SRC:DST[:rw]", help="Mount a folder of the node into all containers."
            ),
            click.option("--cpus", metavar="N", help="Cores of each job."),
            click.option("--memory", metavar="SIZE", help="Memory of each job, such as 4GB; a bare number is in MB."),
            click.option("--disk", metavar="SIZE", help="Disk of each job."),
            click.option("--walltime", metavar="TIME", help="Time limit of each job, such as 2h30m."),
            click.option("--gpus", metavar="N", help="GPUs of each job."),
            click.option("--gpu", metavar="VENDOR[-MODEL]", help="Kind of GPU, such as nvidia-a100."),
            click.option("--arch", metavar="NAME", help="Processor architecture: x86_64, aarch64, ..."),
            click.option("--site", multiple=True, metavar="NAME", help="Only this site, or one of these."),
            click.option("--exclude-site", multiple=True, metavar="NAME", help="Not this site."),
            click.option("--working-group", metavar="NAME", help="The group that the jobs are for."),
            click.option(
                "--container-arg", multiple=True, metavar="WORD", help="An allowed argument, such as shm-size=1GB."
            ),
            click.option(
                "--secret", multiple=True, metavar="NAME[=VARIABLE]", help="A secret of yours, by its name only."
            ),
            click.option("--cvmfs/--no-cvmfs", default=None, help="Show CVMFS to all steps."),
            click.option("--network/--no-network", default=None, help="Allow or deny network access for all steps."),
        ]
    ):
        function = add(function)
    return function


def warn_of_overrides(overrides: RunOverrides) -> None:
    """Print on stderr which images are not those that the spec pins."""
    for name, image in overrides.images.items():
        message(f"warning    {name} is replaced by {image}: results are not those of the preserved images")
