"""The init of a scope publishes the parameters passed to it, with names of files replaced by paths. yadage searches the
one folder that the init can read: the init directory of the run or of the sub-workflow, or the folder of the single
step whose result was passed.

With several folders it searches none.
"""

from __future__ import annotations

from recast.jobs import RUN_ROOT
from recast.json_types import JsonValue
from recast.workflow.discover import discovered
from recast.workflow.graph import MISSING, Scope, Step
from recast.workflow.publish import needs_files

__all__ = ["INIT_DIRECTORY", "folders_of", "init_directory", "init_result"]

INIT_DIRECTORY = f"{RUN_ROOT}/init"
"""Where jobs see the files of the init directory."""


def init_directory(scope: Scope) -> str:
    """Return where jobs see the init files of a sub-workflow."""
    return f"{scope.directory}/init"


def folders_of(init: Step) -> tuple[tuple[str, Step], ...]:
    """Return the folders that the init of a sub-workflow can read, each with the step that fills it."""
    folders: list[tuple[str, Step]] = []
    for origin in init.depends_on:
        folders += origin.scope.folders if origin.packtivity is None else ((origin.directory, origin),)
    if init.outputs:
        folders.append((init.directory, init))
    return tuple(folders)


def init_result(init: Step, *, when_left: bool = False) -> JsonValue:
    """Return what the init of a sub-workflow publishes, or MISSING if the step whose folder it reads must run first.

    With `when_left` that step has run. A step whose result was known before it ran is awaited only if the spec sets
    `discover`: whether yadage sees its files depends on timing.
    """
    scope = init.scope
    if len(scope.folders) != 1 or not scope.relative:
        return init.parameters
    directory, owner = scope.folders[0]
    if owner.packtivity is not None and not when_left and not needs_files(owner.packtivity.publisher):
        return MISSING if scope.discover else init.parameters
    return discovered(init.parameters, directory, owner.outputs, patterns=scope.discover)
