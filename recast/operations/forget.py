"""Remove an imported entry from the catalogue, or a version unless runs need it."""

from __future__ import annotations

from recast.catalogue import Catalogue
from recast.counted import counted
from recast.errors import EntryError, UsageError
from recast.paths import places
from recast.recast_atlas.imported import ImportedEntries
from recast.runs.image_roots import unfinished_runs

__all__ = ["forget"]

_MOST_RUNS = 10


def forget(name: str, *, force: bool = False) -> tuple[str | None, list[str]]:
    """Remove an imported entry, or a version with all its statements; return the version's digest and the unfinished
    runs of it, which are ignored with `force`. Raises UsageError, NotFound, or EntryError (`version.needed`).
    """
    imported = ImportedEntries()
    if "@" in name and name not in imported.names():
        return _forget_version(name, force)
    if name not in imported.names() and name in (here := Catalogue().analyses()):
        raise UsageError(
            f"Which version of {name} is to be forgotten?",
            why=f"There are: {', '.join(here[name])}",
            next_step=f"recast catalogue rm {name}@VERSION",
        )
    imported.remove(name)
    return None, []


def _forget_version(reference: str, force: bool) -> tuple[str, list[str]]:
    local = Catalogue()
    analysis, _, number = reference.partition("@")
    digest = local.store.index().get((analysis, number), "")
    runs = unfinished_runs(places().runs, digest) if digest else []
    if runs and not force:
        raise EntryError(
            f"{reference} is needed by {counted(len(runs), 'unfinished run')}",
            where=", ".join(runs[:_MOST_RUNS]),
            why="Resuming them may need its images; without the version, `recast image gc` deletes them.",
            next_step=f"recast cancel {runs[0]}, or wait; to remove it anyway: recast catalogue rm {reference} --force",
            code="version.needed",
        )
    return local.forget(reference), runs
