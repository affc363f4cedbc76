"""Which tests have passed, by everything that decides their outcome; and the digests of their files."""

from __future__ import annotations

import json
from pathlib import Path

from recast.atomic import replace_file
from recast.ci.steptests.model import GivenFile
from recast.digests import digest_of, hex_of
from recast.plainfile import file_digest

__all__ = ["Digests", "Passes"]


class Passes:
    """The passes recorded below a folder: one small file each, named by the test's identity."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def seconds(self, identity: str) -> float | None:
        """Return how long the test took when it passed, None if it has not."""
        try:
            said = json.loads(self._path(identity).read_bytes())
            return float(said["seconds"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def note(self, identity: str, title: str, seconds: float) -> None:
        """Record that a test has passed."""
        path = self._path(identity)
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps({"test": title, "seconds": round(seconds, 3)}).encode())

    def _path(self, identity: str) -> Path:
        name = hex_of(identity)
        return self._folder / name[:2] / f"{name[2:]}.json"


class Digests:
    """The digests of files that tests get, each read once: many tests share the scripts of a bundle."""

    def __init__(self) -> None:
        self._known: dict[Path, str] = {}

    def __call__(self, file: GivenFile) -> str:
        """Return the digest of a file's content, and whether it can be executed; raise OSError."""
        if file.content is not None:
            return digest_of(file.content)
        assert file.path is not None
        if file.path not in self._known:
            mark = " x" if file.path.stat().st_mode & 0o100 else ""
            self._known[file.path] = file_digest(file.path) + mark
        return self._known[file.path]
