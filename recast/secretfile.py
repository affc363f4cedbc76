"""A secret in a file of its own, which nobody but its owner may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from recast.errors import PermissionDenied, UsageError
from recast.plainfile import open_plain

__all__ = ["read_secret"]

_MOST_BYTES = 4096


def read_secret(path: Path, where: str) -> str:
    """Return the only line of a file; `where` is the setting that names it.

    Raises PermissionDenied if others can read or write the file, UsageError if it cannot be read or is not one line of
    text. The content is in no message.
    """
    try:
        with open_plain(path) as file:
            status = os.fstat(file.fileno())
            content = file.read(_MOST_BYTES + 1)
    except OSError as problem:
        why = f"{path}: {problem.strerror or problem}"
        raise UsageError("The file of a secret cannot be read", where=where, why=why) from problem
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise PermissionDenied(
            "Others can read the file of a secret",
            where=where,
            why=f"The mode of {path} is {stat.S_IMODE(status.st_mode):04o}.",
            next_step=f"chmod 600 {path}   (and replace the secret, if others are on this machine)",
        )
    try:
        text = content.decode().strip()
    except UnicodeDecodeError:
        text = ""
    if not text or len(content) > _MOST_BYTES or not text.isprintable() or len(text.split()) > 1:
        raise UsageError(
            "The file of a secret does not hold one line of text",
            where=where,
            why=f"{path} is empty, or something else.",
        )
    return text
