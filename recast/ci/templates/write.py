"""Write a pipeline into a repository; nothing that is there is overwritten unless that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recast.atomic import replace_file
from recast.ci.config import CONFIG_NAME
from recast.ci.templates.found import configuration_of, look
from recast.ci.templates.texts import pipeline_files
from recast.errors import InfrastructureError, UsageError

__all__ = ["FORGES", "Written", "write_pipeline"]

FORGES = ("gitlab", "github", "gitea")


@dataclass(frozen=True, slots=True)
class Written:
    """The paths of files that were written, and of those that were there and are kept as they are."""

    written: tuple[str, ...]
    kept: tuple[str, ...]


def write_pipeline(forge: str, top: Path, *, entry: str | None = None, force: bool = False) -> Written:
    """Write recast-ci.yml, if there is none, and the pipeline of a forge into a repository.

    Raises UsageError, with nothing written, if a file of the pipeline is there with another content and `force` is not
    given; what `look` raises; InfrastructureError for a folder that cannot be written.
    """
    wanted = pipeline_files(forge)
    if force or not (top / CONFIG_NAME).exists():
        wanted = {CONFIG_NAME: configuration_of(look(top, entry)), **wanted}
    there = {path: text for path, text in wanted.items() if _content(top / path) is not None}
    same = [path for path, text in there.items() if _content(top / path) == text]
    other = [path for path in there if path not in same]
    if other and not force:
        raise UsageError(
            f"{other[0]} is there, and it is not what would be written",
            where=str(top),
            why=f"Nothing was written. Different: {', '.join(other)}",
            next_step="--force overwrites it, or move it away and merge the two by hand",
        )
    todo = [path for path in wanted if path not in same]
    for path in todo:
        _write(top, path, wanted[path])
    kept = [CONFIG_NAME] if CONFIG_NAME not in wanted else []
    return Written(tuple(todo), (*kept, *same))


def _content(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise InfrastructureError.of(problem, "A file of the pipeline cannot be read", path, "move it away") from None


def _write(top: Path, path: str, text: str) -> None:
    """Write one file; a link in the repository must not lead out of it."""
    place = top / path
    if not place.parent.resolve().is_relative_to(top.resolve()) or place.is_symlink():
        raise UsageError(f"{path} leads out of the repository by a link", where=str(top), next_step="remove the link")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        replace_file(place, text.encode())
    except OSError as problem:
        raise InfrastructureError.of(
            problem, "The pipeline cannot be written", place, "make the folder writable"
        ) from problem
