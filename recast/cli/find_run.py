"""Runs by name, for every command that takes one."""

from __future__ import annotations

from pathlib import Path

from recast.cli.output import message
from recast.paths import places
from recast.rundir import RunDirectory
from recast.rundir import find_run as find

__all__ = ["find_run", "run_directory"]


def run_directory(name: str) -> RunDirectory:
    """Return the run with this id, unique prefix of an id, path, or `last`; raise NotFound."""
    return find(places().runs, name, message)


def find_run(name: str) -> Path:
    """Return the folder of a run; raise NotFound."""
    return run_directory(name).path
