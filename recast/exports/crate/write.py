"""Write a crate to disk: all files are checked while they are copied, and the folder appears complete or not at all."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

from recast.atomic import become_folder, new_folder
from recast.digests import digest_of
from recast.errors import StoreError, UsageError
from recast.exports.crate.crate import DESCRIPTOR, crate
from recast.exports.crate.facts import CrateFile, RunFacts
from recast.exports.crate.readme import readme
from recast.json_types import JsonObject
from recast.masked import masked, masked_json
from recast.plainfile import file_digest
from recast.terminal_safe import as_utf8

__all__ = ["write_crate"]


def write_crate(facts: RunFacts, folder: Path, *, hosts: bool = True) -> list[Path]:
    """Write a run's crate into a new or empty folder; return what was written, sorted.

    Raises UsageError for a folder that is not empty, StoreError if the disk is full or a file is missing or changed.
    """
    facts = _with_readme(facts)
    parent = folder.absolute().parent
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise _occupied(folder)
        parent.mkdir(parents=True, exist_ok=True)
        with new_folder(parent, folder.absolute().name) as fresh:
            for file in facts.files:
                _write(file, fresh)
            _describe(crate(facts, hosts=hosts), fresh)
            if folder.exists():
                folder.rmdir()
            become_folder(fresh, folder)
    except OSError as problem:
        raise StoreError.of(
            problem,
            "The crate cannot be written",
            folder,
            "Free space or fix the permissions, or choose another folder.",
        ) from problem
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _with_readme(facts: RunFacts) -> RunFacts:
    content = masked(readme(facts)).encode()
    digest = digest_of(content)
    return replace(
        facts, files=(CrateFile("README.md", digest, len(content), "What this folder is", content), *facts.files)
    )


def _write(file: CrateFile, folder: Path) -> None:
    target = folder / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(file.source, bytes):
        target.write_bytes(file.source)
    else:
        shutil.copyfile(file.source, target)
    if file_digest(target) != file.digest:
        raise StoreError(
            "A file of the run was changed",
            where=str(file.source),
            why=f"It is not the {file.digest} that the run produced.",
            next_step="recast run ... --no-cache   (runs the workflow again)",
        )


def _describe(document: JsonObject, folder: Path) -> None:
    text = as_utf8(json.dumps(masked_json(document), indent=1, ensure_ascii=False)) + "\n"
    (folder / DESCRIPTOR).write_text(text, encoding="utf-8")


def _occupied(folder: Path) -> UsageError:
    return UsageError(
        "The folder for the crate is not empty",
        where=str(folder),
        why="A crate needs a separate folder: every file in it is listed with its checksum.",
        next_step="Name a folder that does not exist yet.",
    )
