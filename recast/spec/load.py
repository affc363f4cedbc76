"""Load a workflow from a path: read, resolve, validate, build, check."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recast.errors import NotFound, SpecError
from recast.spec.build import Builder
from recast.spec.findings import Finding, raise_for
from recast.spec.lint.check import check_workflow_rules
from recast.spec.model import Workflow
from recast.spec.reana import is_reana, only_names_one
from recast.spec.references import Bundle
from recast.spec.schema import check_workflow

__all__ = ["LoadedSpec", "below", "load_workflow"]


@dataclass(frozen=True, slots=True)
class LoadedSpec:
    """A workflow, the warnings about it, and the files it was read from (relative to `toplevel`, sorted).

    `path` is its own file among them, however the user named it: through a link, with `..`, or absolute.
    """

    workflow: Workflow
    warnings: tuple[Finding, ...]
    files: tuple[str, ...]
    toplevel: Path
    path: str


def load_workflow(path: str, toplevel: Path, *, check: bool = True) -> LoadedSpec:
    """Load the workflow in a file and everything it refers to.

    `path` is relative to `toplevel`, as in yadage, or to the working directory if there is no such file. Without
    `check` only the schema is applied. Raises SpecError with all problems, each with file, line and key; NotFound if
    there is no such file.
    """
    bundle = Bundle(toplevel)
    name = _relative(path, bundle.toplevel)
    root = bundle.root(name)
    if is_reana(root.value):
        raise only_names_one(name, path)
    raise_for(check_workflow(root))
    root.plain()  # refuses what JSON cannot represent, since a run's record is JSON
    builder = Builder()
    workflow = builder.workflow(root)
    findings = list(builder.findings)
    if check:
        findings += check_workflow_rules(workflow, builder.nodes)
    raise_for(findings)
    return LoadedSpec(workflow, tuple(dict.fromkeys(findings)), bundle.files, bundle.toplevel, name)


def _relative(path: str, toplevel: Path) -> str:
    """Return the path of the workflow relative to the (resolved) toplevel."""
    if not toplevel.is_dir():
        raise NotFound(
            f"There is no folder {str(toplevel)!r}", next_step="Give the folder of the spec with --toplevel DIR."
        )
    for candidate in (toplevel / path, Path(path).absolute()):
        if candidate.is_file():
            break
    else:
        raise NotFound(
            f"There is no workflow file {path!r}",
            where=str(toplevel),
            why="It is looked for below the toplevel first, then below the working directory.",
            next_step=f"ls {toplevel}",
            code="spec.not-found",
        )
    return below(candidate, toplevel, path)


def below(path: Path, toplevel: Path, said: str) -> str:
    """Return the name of a workflow file below a (resolved) toplevel; raise SpecError if it is outside.

    `said` is the file as the user named it.
    """
    resolved = path.resolve()
    if not resolved.is_relative_to(toplevel):
        raise SpecError(
            f"The workflow file {said!r} lies outside of the toplevel",
            where=str(toplevel),
            next_step=f"--toplevel {resolved.parent}",
            code="spec.ref-escape",
        )
    return resolved.relative_to(toplevel).as_posix()
