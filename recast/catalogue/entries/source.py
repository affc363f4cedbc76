"""Find the entries that people write: `catalogue/*.yml` in a checkout."""

from __future__ import annotations

from pathlib import Path

from recast.errors import NotFound
from recast.suggest import listed

__all__ = ["FOLDER", "entries", "find_entry"]

FOLDER = "catalogue"


def entries(folder: Path) -> dict[str, Path]:
    """Return the entry files of a folder by analysis (the file's name), sorted."""
    return {path.stem: path for path in sorted(folder.glob("*.yml"))}


def find_entry(source: str, checkout: Path | None = None) -> Path:
    """Return the file of an entry: `source` is its path, or the name of an analysis in `<checkout>/catalogue`.

    The default checkout is the working directory. Raises NotFound that names the closest analyses.
    """
    if Path(source).is_file():
        return Path(source)
    folder = (checkout or Path.cwd()) / FOLDER
    known = entries(folder)
    if source in known:
        return known[source]
    raise NotFound(
        f"There is no catalogue entry {source!r}",
        where=str(folder),
        why=f"Entries here: {listed(source, known)}",
        next_step=f"ls {FOLDER}   (from the checkout, or give the path of the entry)",
    )
