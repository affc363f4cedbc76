"""`recast catalogue export --site`: the public catalogue as a folder of pages."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

from recast.cli.output import emit, message, overwrite
from recast.cli.service.serve import needs_extra

__all__ = ["write_site"]

_OFTEN = 5000
_COLUMNS = ("site", "analyses", "requests", "files", "bytes")


def write_site(folder: Path, database: str, url: str, output: str) -> None:
    """Write the copy, tell how far it is, and print what it holds."""
    needs_extra()
    from recast.service.offline.export import export_site

    told = _Told()
    done = export_site(folder.absolute(), database, url.rstrip("/"), told.progress, told.warning)
    told.end(done.files)
    row = {"site": str(folder), **asdict(done)}
    emit(row, [row], _COLUMNS, output)
    message(f"open it in a browser: {(folder.absolute() / 'index.html').as_uri()}")


class _Told:
    """Tells how many files there are: a terminal in one line, others every few thousand."""

    def __init__(self) -> None:
        self._live, self._next = sys.stderr.isatty(), _OFTEN

    def progress(self, files: int) -> None:
        """Tell of some files."""
        if self._live:
            overwrite(f"{files} files", last=False)
        elif files >= self._next:
            message(f"{files} files")
            self._next += _OFTEN

    def warning(self, text: str) -> None:
        """Tell what is not in the copy."""
        message(f"warning    {text}")

    def end(self, files: int) -> None:
        """Tell of all files."""
        if self._live:
            overwrite(f"{files} files", last=True)
