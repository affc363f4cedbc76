"""A workflow's file, loaded for a run: with the pins beside it, and the warnings that a user wants to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recast.spec import load_workflow
from recast.spec.model import Workflow

__all__ = ["LoadedFile", "load_file"]


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A loaded workflow; `path` and `files` are relative to `toplevel`, `pins` are those of `images.lock.json`."""

    toplevel: Path
    path: str
    workflow: Workflow
    files: tuple[str, ...]
    pins: Mapping[str, str]
    warnings: tuple[str, ...]


def load_file(path: str, toplevel: Path) -> LoadedFile:
    """Load a workflow; raise SpecError or NotFound."""
    loaded = load_workflow(path, toplevel)
    return LoadedFile(
        toplevel=loaded.toplevel,
        path=loaded.path,
        workflow=loaded.workflow,
        files=loaded.files,
        pins=_pins(loaded.toplevel),
        # A floating image is no warning but an error, unless the lock pins it; preflight looks.
        warnings=tuple(str(finding) for finding in loaded.warnings if not finding.code.endswith("floating-image")),
    )


def _pins(folder: Path) -> dict[str, str]:
    if not (folder / "images.lock.json").exists():
        return {}
    from recast.images import load_lock

    return {name: image.digest for name, image in load_lock(folder).images.items()}
