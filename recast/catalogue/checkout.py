"""The files of a published version on disk: written once per digest, checked each time, read-only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from recast.atomic import become_folder, new_folder
from recast.digests import hex_of
from recast.errors import StoreError
from recast.layers.tree import remove_tree
from recast.paths import places
from recast.plainfile import file_digest

if TYPE_CHECKING:
    from recast.catalogue.version import PublishedVersion

__all__ = ["checkout"]


def checkout(version: PublishedVersion, folder: Path | None = None) -> Path:
    """Return a read-only folder with exactly the files of the version, checked; written once per digest below `folder`.

    The default for `folder` is `versions` in the state directory. A folder that was changed is written again. Raises
    StoreError.
    """
    parent = places().state_dir / "versions" if folder is None else folder
    target = parent / hex_of(version.digest)
    if _intact(version, target):
        return target
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with new_folder(parent, "checkout") as scratch:
            _write(version, scratch / "fresh")
            _swap_in(version, scratch / "fresh", target)
    except OSError as problem:
        raise StoreError.of(
            problem,
            f"The files of {version.reference} cannot be written",
            target,
            "Free space or fix the permissions, or choose another folder: export RECAST_HOME=DIR",
        ) from problem
    return target


def _write(version: PublishedVersion, folder: Path) -> None:
    for path in version.files:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(version.read(path))
        file.chmod(0o444)
    for place, _, _ in os.walk(folder, topdown=False):
        if place != str(folder):  # even its owner cannot rename a folder that is not writable
            Path(place).chmod(0o555)


def _swap_in(version: PublishedVersion, fresh: Path, target: Path) -> None:
    """Rename the new folder to its final path; what is there is damaged, or was just created by another process."""
    while True:
        try:
            become_folder(fresh, target)
            target.chmod(0o555)
            return
        except OSError:
            if not target.is_symlink() and not target.exists():
                raise
        if _intact(version, target):
            remove_tree(fresh)
            return
        old = fresh.with_name(f"{fresh.name}.old")
        if not target.is_symlink():
            target.chmod(0o755)
        target.rename(old)
        if old.is_symlink() or old.is_file():
            old.unlink()
        else:
            remove_tree(old)


def _intact(version: PublishedVersion, folder: Path) -> bool:
    """Return whether the folder contains exactly the files of the version, unchanged, and no link."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    found = {
        str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()
    }
    if found.keys() != version.files.keys():
        return False
    return all(not path.is_symlink() and file_digest(path) == version.files[name] for name, path in found.items())
