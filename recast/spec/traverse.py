"""Everything that a workflow may ever run: its stages and packtivities, those of sub-workflows and cases included."""

from __future__ import annotations

from collections.abc import Iterator

from recast.spec.model import Packtivity, Stage, Workflow

__all__ = ["bodies_of", "is_instance", "packtivities_of", "stages_of"]


def stages_of(workflow: Workflow) -> Iterator[Stage]:
    """Yield every stage of a workflow and its sub-workflows, each once, in the order of the files."""
    seen = {id(workflow)}
    todo = [workflow]
    while todo:
        for stage in todo.pop().stages:
            yield stage
            for body in bodies_of(stage):
                if isinstance(body, Workflow) and id(body) not in seen:
                    seen.add(id(body))
                    todo.append(body)


def packtivities_of(workflow: Workflow) -> Iterator[Packtivity]:
    """Yield every packtivity of a workflow and its sub-workflows; one that several stages share comes several times."""
    return (body for stage in stages_of(workflow) for body in bodies_of(stage) if isinstance(body, Packtivity))


def bodies_of(stage: Stage) -> Iterator[Packtivity | Workflow]:
    """Yield what the instances of a stage may run: its body, or that of each of its cases."""
    if isinstance(stage.body, tuple):
        yield from (case.body for case in stage.body)
    elif stage.body is not None:
        yield stage.body


def is_instance(folder: str, stage: str) -> bool:
    """Return whether a folder of a run has the name of a stage, or of one of its instances (`map_3`)."""
    return folder == stage or (folder.startswith(f"{stage}_") and folder[len(stage) + 1 :].isdecimal())
