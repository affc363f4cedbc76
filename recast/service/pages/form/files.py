"""Files that were chosen for cells of the form: each becomes an upload, and the cell names it."""

from __future__ import annotations

import re
from dataclasses import replace

from recast.errors import RecastError
from recast.service.asked import Asked
from recast.service.handed import hand_in_whole
from recast.service.http.statuses import status_of
from recast.service.pages.form.held import Held
from recast.service.pages.form.sending import cell_name
from recast.service.pages.posted.sent import Sent

__all__ = ["with_files"]

_FILE = re.compile(r"file-(\d{1,3})-(\d{1,2})")
_OURS = 500


def with_files(asked: Asked, held: Held, sent: Sent) -> tuple[Held, tuple[tuple[str, str], ...]]:
    """Return the form with the uploads of its files in their cells, and what is wrong with files, at their cells."""
    faults: list[tuple[str, str]] = []
    rows = [list(row) for row in held.rows]
    for name, files in sent.files.items():
        found = _FILE.fullmatch(name)
        row, column = (int(found[1]), int(found[2])) if found else (len(rows), 0)
        if row >= len(rows) or column >= len(held.columns):
            continue
        try:
            rows[row][column] = f"upload:{hand_in_whole(asked, files[-1].content)['upload']}"
        except RecastError as problem:
            if status_of(problem) == _OURS:
                raise
            faults.append((cell_name(row, column), f"{problem.what}. {problem.why}".strip()))
    return replace(held, rows=tuple(map(tuple, rows))), tuple(faults)
