"""The content of a checkout that counts: one key over it, so that a commit that changes nothing is known at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from recast._version import __version__
from recast.ci.config import CONFIG_NAME, files_named
from recast.ci.pipeline.subject import Subject
from recast.ci.reference import Accepted, Reference
from recast.ci.steptests import StepTest
from recast.ci.steptests.passes import Digests
from recast.ci.steptests.spec import identity
from recast.digests import from_hash
from recast.errors import SpecError
from recast.images.building.recipe import named_recipes
from recast.images.building.source import written_key
from recast.images.lock import LOCK_NAME, load_lock
from recast.plainfile import open_plain
from recast.spec import bundle_files

__all__ = ["content_key", "files_of_tests"]

_MOST_FILES = 20_000
_CHUNK_BYTES = 1 << 20


def content_key(
    subject: Subject,
    reference: Reference | None,
    announced: Sequence[Accepted] = (),
    tests: Sequence[StepTest] = (),
) -> str:
    """Return a key over everything that a verdict depends on: equal content gives equal keys.

    The configuration, the entry, the files of its spec, pins without their times, the recipes of images with their
    bases, tests with the files beside them and those that they take from elsewhere (also of another spec), the results
    of the reference, announced changes, this program's version.
    Texts about the analysis elsewhere in the repository do not count. Raises SpecError for what cannot be read.
    """
    lines = hashlib.sha256()
    for line in (*_lines(subject, reference), *_of_tests(subject, tests), *(repr(item) for item in announced)):
        lines.update(f"{line}\n".encode())
    return lines.hexdigest()


def files_of_tests(subject: Subject) -> list[Path]:
    """Return the files of step tests, sorted; raise SpecError for one that is a link or outside of the checkout."""
    return files_named(subject.root, subject.config.tests)


def _lines(subject: Subject, reference: Reference | None) -> Iterator[str]:
    root = subject.root
    yield f"ci 1 {__version__}"
    yield from _files([root / CONFIG_NAME, subject.entry.path], root)
    yield from _files((subject.folder / name for name in bundle_files(subject.folder) if name != LOCK_NAME), root)
    yield from _images_of(subject.folder)
    yield from _files(_beside_tests(subject), root)
    for globs in subject.config.sources.values():
        yield from _files(files_named(root, globs), root)
    if reference is not None:
        yield json.dumps(reference.as_json()["runs"], sort_keys=True)


def _images_of(folder: Path) -> Iterator[str]:
    lock = load_lock(folder)
    for kind, pins in (("image", lock.images), ("base", lock.bases)):
        yield from (f"{kind} {name} {pin.digest}" for name, pin in sorted(pins.items()))
    for name, recipe in sorted(named_recipes(folder).items()):
        yield f"recipe {name} {written_key(recipe, folder)}"


def _of_tests(subject: Subject, tests: Sequence[StepTest]) -> Iterator[str]:
    """Yield what tests are about, wherever in the repository it lies, and the images of specs beside the entry's."""
    digests = Digests()
    yield from (f"test {it.title} {identity(it, it.step.image or '', digests)}" for it in tests)
    for folder in sorted({it.folder for it in tests} - {subject.folder}):
        yield from _images_of(folder)


def _beside_tests(subject: Subject) -> list[Path]:
    """Return the tests, and the files in their folders: what tests hand to steps lies there."""
    folders = {path.parent for path in files_of_tests(subject)} - {subject.root}
    found = {path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}
    return sorted({*found, *files_of_tests(subject)})


def _files(paths: Iterable[Path], root: Path) -> Iterator[str]:
    base = root.resolve()
    for count, path in enumerate(paths):
        if count > _MOST_FILES:
            raise SpecError(f"More than {_MOST_FILES} files count for the verdict", where=CONFIG_NAME)
        yield f"{_digest(path)} {path.resolve().relative_to(base).as_posix()}"


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with open_plain(path, links=False) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as problem:
        raise SpecError("A file cannot be read", where=str(path), why=problem.strerror or str(problem)) from problem
    return from_hash(digest)
