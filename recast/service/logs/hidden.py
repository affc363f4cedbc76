"""What is hidden of a log: the site's secrets, and what has the shape of one, wherever it lies and is cut."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from recast.masked import masked
from recast.service.logs.cuts import Cuts
from recast.site import secrets_folder
from recast.worker.failure import Failure
from recast.worker.secrets import read_secrets

__all__ = ["Hiding"]

_NEAR = 4096
"""The longest that a secret is expected to be."""


class Hiding:
    """Hides the secrets of this site, which a job may have written while it ran."""

    def __init__(self, secrets: Sequence[bytes] | None = None) -> None:
        self.secrets = _of_the_site() if secrets is None else secrets

    def known(self, content: bytes) -> bytes:
        """Return a text with stars in place of the site's secrets, as many as they have bytes."""
        for secret in self.secrets:
            content = content.replace(secret, b"*" * len(secret))
        return content

    def line(self, text: str) -> str:
        """Return what is seen of a line without secrets, those that changes of colour had taken apart as well."""
        if self.secrets:
            text = self.known(text.encode(errors="surrogateescape")).decode(errors="replace")
        return masked(text)

    def between(self, cuts: Cuts, start: int, end: int) -> bytes:
        """Return the text between two cuts without the site's secrets, and without halves of secrets at its ends: it
        has as many bytes as before.
        """
        content = cuts.read(start, end)
        head, tail = b"", b""
        if content and not cuts.is_line_end(start) and (skipped := self._half_after(cuts, start, content)):
            head, content = b"*" * skipped, content[skipped:]
        if content and not cuts.is_line_end(end) and (dropped := self._half_before(cuts, end, content)):
            tail, content = b"*" * dropped, content[:-dropped]
        return head + self.known(content) + tail

    def _half_after(self, cuts: Cuts, cut: int, content: bytes) -> int:
        """Return how many bytes behind a cut may belong to a secret that begins before it."""
        if not self._is_through(cuts, cut):
            return 0
        word = content[:_NEAR].split(maxsplit=1)
        return len(word[0]) if word and not content[:1].isspace() else 0

    def _half_before(self, cuts: Cuts, cut: int, content: bytes) -> int:
        """Return how many bytes before a cut may belong to a secret that goes on behind it."""
        if not self._is_through(cuts, cut):
            return 0
        word = content[-_NEAR:].rsplit(maxsplit=1)
        return len(word[-1]) if word and not content[-1:].isspace() else 0

    def _is_through(self, cuts: Cuts, cut: int) -> bool:
        """Return whether something around a cut has to be hidden; a secret has no line end in it."""
        around = cuts.read(cut - _NEAR, cut + _NEAR).decode("latin-1")
        return masked(around) != around or self.known(around.encode("latin-1")) != around.encode("latin-1")


def _of_the_site() -> list[bytes]:
    """Return the secrets of the site, the longest first."""
    found: list[bytes] = []
    folder = Path(secrets_folder())
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            found += read_secrets([str(path)])
        except Failure:  # not one that a job could get
            continue
    return sorted(found, key=len, reverse=True)
