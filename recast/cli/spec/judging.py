"""What `recast spec validate` and `recast spec lint` share: which files, checked how, reported in which format."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["SUMMARY", "paths_argument", "toplevel_option"]

SUMMARY = (
    "{workflows} workflows: {valid} valid, {invalid} invalid, {unresolvable} cannot be read; "
    "{not_runnable} of the valid ones cannot run"
)
"""The counts of VALID, INVALID and ERROR are those of yadage-schemas; the last one is RECAST's."""


paths_argument = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
toplevel_option = click.option(
    "--toplevel",
    metavar="WHERE",
    help="Folder that $ref in the workflow file is relative to, also github:ORG/REPO[@REF][:DIR] or a URL; PATH is "
    "then below it.  [default: the file's folder, or the first parent, up to PATH, in which all references are found]",
)
