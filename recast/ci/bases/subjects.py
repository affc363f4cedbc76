"""The specs that a path means: a spec's folder or workflow, an entry of the catalogue, or all below a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from recast.errors import NotFound
from recast.images.lock import LOCK_NAME
from recast.spec import load_workflow
from recast.spec.model import Workflow

__all__ = ["Spec", "specs_at"]

_MOST_SPECS = 200
_WORKFLOW = "workflow.yml"


@dataclass(frozen=True, slots=True)
class Spec:
    """A spec: what a person calls it, its folder, its workflow (None: only images are known), and the stage of each
    declared result by name.
    """

    name: str
    folder: Path
    workflow: Workflow | None
    results: Mapping[str, str] = field(default_factory=dict)


def specs_at(path: Path) -> list[Spec]:
    """Return the specs that a path means; raise NotFound if there is none, and what reading them raises."""
    if path.is_file():
        return [_of_entry(path) if _is_entry(path) else _of_workflow(path)]
    entries = [it for it in sorted((path / "catalogue").glob("*.yml")) if _is_entry(it)]
    if entries:
        return [_of_entry(it) for it in entries]
    if _is_spec(path):
        return [_of_folder(path)]
    found = [_of_folder(folder) for folder in _folders(path)]
    if not found:
        raise NotFound(
            "There is no spec with images here",
            where=str(path),
            why=f"A spec's folder has {_WORKFLOW}, {LOCK_NAME} or images/NAME/Containerfile.",
            next_step="recast image stale SPEC   (its folder, its workflow, or the entry in catalogue/)",
        )
    return found


def _folders(top: Path) -> Iterator[Path]:
    seen = 0
    for name in (_WORKFLOW, LOCK_NAME):
        for file in sorted(top.glob(f"**/{name}")):
            if any(part.startswith(".") for part in file.relative_to(top).parts):
                continue
            if name == _WORKFLOW or not (file.parent / _WORKFLOW).is_file():
                yield file.parent
                seen += 1
            if seen >= _MOST_SPECS:
                return


def _is_spec(folder: Path) -> bool:
    return any((folder / name).exists() for name in (_WORKFLOW, LOCK_NAME, "images"))


def _is_entry(path: Path) -> bool:
    from recast.catalogue.entries.written import written_entry

    return written_entry(str(path)) is not None


def _of_entry(path: Path) -> Spec:
    from recast.catalogue.entries.entry import load_entry
    from recast.catalogue.publishing.bundle import source_folder

    entry = load_entry(path)
    version = entry.entry.version()
    folder = source_folder(entry, version)
    loaded = load_workflow(version.workflow, folder, check=False)
    results = {result.name: result.stage for result in version.results}
    return Spec(f"{entry.entry.analysis}@{version.version}", folder, loaded.workflow, results)


def _of_workflow(path: Path) -> Spec:
    loaded = load_workflow(path.name, path.parent, check=False)
    return Spec(str(path), loaded.toplevel, loaded.workflow)


def _of_folder(folder: Path) -> Spec:
    if (folder / _WORKFLOW).is_file():
        return Spec(str(folder), folder.resolve(), _of_workflow(folder / _WORKFLOW).workflow)
    return Spec(str(folder), folder.resolve(), None)
