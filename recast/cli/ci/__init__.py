"""`recast ci`: test every change of an analysis, build its images, run its validation, and judge its physics."""

from __future__ import annotations

import click

from recast.cli.lazy import LazyGroup

__all__ = ["ci"]

COMMANDS: dict[str, str] = {
    # command: module (the click command in it has the same name)
    "pages": "recast.cli.ci.pages",
    "selftest": "recast.cli.ci.selftest",
    "init": "recast.cli.ci.init",
    "test": "recast.cli.ci.test",
    "again": "recast.cli.ci.serve",
    "allow": "recast.cli.ci.serve",
    "queue": "recast.cli.ci.serve",
    "serve": "recast.cli.ci.serve",
    "accept": "recast.cli.ci.accept",
    "bisect": "recast.cli.ci.bisect",
    "run": "recast.cli.ci.run",
}

EPILOG = """
\b
Examples:
  recast ci run
  recast ci run my-analysis --executor slurm
  recast ci accept 'limit/*/cls_obs' --why 'new cross sections'
  recast ci init gitlab

Exit codes: 0 passed, or nothing to do; 1 tests, jobs or the published validation failed; 3 broken; 4 blocked by the
infrastructure; 5 refused; 7 the physics moved; 8 undecided.
"""


@click.group(cls=LazyGroup, modules=COMMANDS, epilog=EPILOG)
def ci() -> None:
    """Test every change of an analysis, and judge whether its physics moved."""
