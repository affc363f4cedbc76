"""Which images stand on a base, and which stages and results of a workflow would be computed again for an image."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from recast.images.building.recipe import containerfile_folders, find_base_containerfile, named_recipes, recipe_folders
from recast.images.building.recipefile import read_containerfile
from recast.spec.model import ContainerEnvironment, Packtivity, Stage, Workflow
from recast.spec.traverse import bodies_of, packtivities_of

__all__ = ["Rerun", "bases_of", "rerun", "results_of"]

_DEEPEST = 16
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Rerun:
    """Stages that run again because of their image, and those that follow if its outputs differ."""

    stages: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def bases_of(spec: Path) -> dict[str, tuple[str, ...]]:
    """Return all that the images of a spec (`name:tag`) stand on, also below bases with a Containerfile."""
    if not (spec / "images").is_dir():
        return {}
    folders = recipe_folders(spec)
    stacks = containerfile_folders(spec, folders)

    def below(path: Path, depth: int) -> Iterable[str]:
        for base in read_containerfile(path).bases if depth < _DEEPEST else ():
            yield base
            above = find_base_containerfile(base, stacks)
            if above is not None:
                yield from below(above, depth + 1)

    return {name: tuple(dict.fromkeys(below(path, 0))) for name, path in named_recipes(spec).items()}


def rerun(workflow: Workflow, images: Iterable[str]) -> Rerun:
    """Return what runs again if these images (`name:tag`) change."""
    wanted = set(images)
    stages = [stage.name for stage in workflow.stages if _uses(stage, wanted)]
    reached = set(stages)
    after: list[str] = []
    for _ in workflow.stages:  # stages need not stand in the order in which they run
        for stage in workflow.stages:
            if stage.name not in reached and reached & _waits_for(stage):
                reached.add(stage.name)
                after.append(stage.name)
    order = {stage.name: place for place, stage in enumerate(workflow.stages)}
    return Rerun(tuple(stages), tuple(sorted(after, key=order.__getitem__)))


def results_of(declared: Mapping[str, str], found: Rerun) -> tuple[str, ...]:
    """Return the results, by name -> stage, that the stages of a rerun publish."""
    stages = {*found.stages, *found.after}
    return tuple(name for name, stage in declared.items() if re.split(r"[.\[]", stage)[0] in stages)


def _uses(stage: Stage, images: set[str]) -> bool:
    for body in bodies_of(stage):
        parts = [body] if isinstance(body, Packtivity) else packtivities_of(body)
        environments = (part.environment for part in parts)
        if any(isinstance(it, ContainerEnvironment) and it.reference in images for it in environments):
            return True
    return False


def _waits_for(stage: Stage) -> set[str]:
    """Return the names in what a stage depends on; a JSONPath names a stage by its first word."""
    texts = [str(it) for it in stage.dependencies.expressions]
    texts += [str(getattr(value, "path", "")) for value in stage.parameters.values()]
    return {found[0] for text in texts if (found := _WORD.search(text)) is not None}
