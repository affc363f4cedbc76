"""The list of accepted signers: an `allowed_signers` file of OpenSSH, whose principals are patterns of analyses.

A line says which key is accepted for which analyses, and whose key it is:

    atlas-susy-*,atlas-exot-* namespaces="recast-version" ssh-ed25519 AAAA... Jane Doe <jane@example.org>
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from recast.errors import InputError, StoreError

__all__ = ["Signer", "Signers", "fingerprint", "public_key_line"]

_PATTERN = re.compile(r"!?[a-z0-9*?-]+(?:,!?[a-z0-9*?-]+)*")
_KEY = re.compile(r"(?:^|\s)((?:sk-)?(?:ssh|ecdsa)-[A-Za-z0-9@.-]+)\s+([A-Za-z0-9+/]+={0,3})(?:\s+(.*))?$")
_LARGEST_FILE = 1 << 20
_NAMESPACE = "recast-version"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who may sign for which analyses; `key` is the fingerprint `SHA256:...`, `name` the comment of the line."""

    analyses: str
    name: str
    key: str

    def as_json(self) -> dict[str, str]:
        """Return the signer as a JSON object."""
        return {"analyses": self.analyses, "name": self.name, "key": self.key}

    def speaks_for(self, analysis: str) -> bool:
        """Return whether a pattern of the line matches an analysis and none with `!` does, as in ssh_config(5)."""
        patterns = self.analyses.strip('"').split(",")
        refused = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
        allowed = [pattern for pattern in patterns if not pattern.startswith("!")]
        return _fits(analysis, allowed) and not _fits(analysis, refused)


class Signers:
    """The accepted signers of a catalogue; a missing file accepts nobody."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self) -> list[Signer]:
        """Return the signers in the order of the file; lines that ssh-keygen would not accept are ignored."""
        return list(self._read())

    def name_of(self, key: str, analysis: str) -> str:
        """Return who signs an analysis with a key: the comment of its first line for it, or the fingerprint."""
        lines = (signer for signer in self.all() if signer.key == key and signer.speaks_for(analysis))
        return next((signer.name for signer in lines if signer.name), key)

    def add(self, analyses: str, public_key: str, name: str = "") -> Signer:
        """Accept a public key (the line of a `.pub` file) for analyses (`atlas-susy-*`, several with commas).

        Raises InputError. Adding an existing line changes nothing.
        """
        match = _public_key(public_key)
        if not _PATTERN.fullmatch(analyses):
            raise InputError(
                "This is not a pattern of analyses",
                where=analyses,
                why="Names of analyses have lower-case letters, digits and hyphens; * and ? are wildcards.",
                next_step="recast catalogue signers add 'atlas-susy-*' KEY.pub",
            )
        told = " ".join((name or match[3] or "").split())
        signer = Signer(analyses, told, fingerprint(match[2]))
        if signer not in self.all():
            self._append(f'{analyses} namespaces="{_NAMESPACE}" {match[1]} {match[2]} {told}'.rstrip())
        return signer

    def _read(self) -> Iterator[Signer]:
        try:
            with self.path.open("rb") as file:
                text = file.read(_LARGEST_FILE).decode(errors="replace")
        except FileNotFoundError:
            return
        except OSError as problem:
            raise _unusable(self.path, problem) from problem
        for line in text.splitlines():
            match = _KEY.search(line)
            if match is not None and not line.lstrip().startswith("#"):
                yield Signer(line.split()[0], (match[3] or "").strip(), fingerprint(match[2]))

    def _append(self, line: str) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as problem:
            raise _unusable(self.path, problem) from problem


def public_key_line(text: str) -> str:
    """Return type, key and comment of a public key (the content of a `.pub` file); raises InputError if it is none."""
    match = _public_key(text)
    return " ".join(f"{match[1]} {match[2]} {match[3] or ''}".split())


def _public_key(text: str) -> re.Match[str]:
    match = _KEY.search(text.strip())
    if match is None or "PRIVATE" in text:
        raise InputError(
            "This is not a public key of SSH",
            where=f"{text.strip()[:40]}...",
            next_step="Give the .pub file: recast catalogue signers add 'atlas-susy-*' ~/.ssh/id_ed25519.pub",
        )
    return match


def fingerprint(key: str) -> str:
    """Return `SHA256:...` of a key in base64, as ssh-keygen prints it."""
    try:
        content = base64.b64decode(key, validate=True)
    except binascii.Error:
        return ""
    return "SHA256:" + base64.b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")


def _fits(analysis: str, patterns: list[str]) -> bool:
    """Return whether a pattern matches; only * and ? are special."""
    return any(fnmatchcase(analysis, pattern.replace("[", "[[]")) for pattern in patterns)


def _unusable(path: Path, problem: OSError) -> StoreError:
    return StoreError.of(problem, "The list of accepted signers cannot be used", path, "Fix the permissions.")
