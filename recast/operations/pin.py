"""Find the workflow in a folder."""

from __future__ import annotations

from pathlib import Path

from recast.errors import NotFound

__all__ = ["spec_folder"]

_WORKFLOWS = ("workflow.yml", "workflow.yaml", "workflow.json")


def spec_folder(spec: Path, toplevel: Path | None = None) -> tuple[Path, str]:
    """Return the folder of a spec, which contains its lock, and its workflow file; raise NotFound."""
    if spec.is_file():
        folder = toplevel or spec.parent
        return folder, str(spec) if toplevel else spec.name
    for name in _WORKFLOWS:
        if (spec / name).is_file():
            return spec, name
    raise NotFound(
        f"There is no {_WORKFLOWS[0]} in {str(spec)!r}",
        why=f"The folder contains: {', '.join(sorted(item.name for item in spec.iterdir())[:20]) or 'no files'}",
        next_step="Give the workflow's file: recast image pin FOLDER/FILE.yml",
        code="spec.not-found",
    )
