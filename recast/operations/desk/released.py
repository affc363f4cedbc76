"""A released answer as a file that outlives the service: the statement, and a signature of it by an ordinary SSH key.

The file is JSON: `format`, `statement` (the signed bytes as text) and `signature` (armoured, as ssh-keygen writes it).
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from recast.desk.statement import SCHEMA
from recast.digests import digest_of
from recast.errors import InfrastructureError, InputError
from recast.json_types import JsonDict, JsonValue
from recast.operations.desk.shapes import Shape, fault_of
from recast.plainfile import read_plain
from recast.signing import Signature, Signers, sign, verify
from recast.signing.signers import public_key_line
from recast.strictjson import parse_json
from recast.worker.files.durable import sync_paths

__all__ = [
    "KEY",
    "NAMESPACE",
    "Released",
    "read_released",
    "released_in",
    "service_key",
    "sign_released",
    "verify_released",
]

NAMESPACE = "recast-answer"
"""The namespace of these signatures: one on a version of an analysis is not valid here."""

_ANALYSIS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_FILE: Shape = {"format": str, "statement": str, "signature?": str}
_STATEMENT: Shape = {
    **dict.fromkeys(("schema", "analysis", "version", "digest", "authority", "reason", "request?", "answer?"), str),
    "point": {"coordinates": dict},
    "reviewed": {"at": str, "by": str, "name": str},
    "results": [dict],
}
"""What is shown of a statement."""

_LARGEST = 64 << 20
_LARGEST_KEY = 64 << 10


@dataclass(frozen=True, slots=True)
class Released:
    """A file with a released answer, read but not believed: `content` are the signed bytes, `document` their values."""

    content: bytes
    document: JsonDict = field(hash=False)
    signature: bytes | None

    @property
    def digest(self) -> str:
        """The digest under which the answer is cited."""
        return digest_of(self.content)


def sign_released(content: bytes, key: Path) -> bytes:
    """Return the file of a released answer, given the bytes of its statement and a private key of SSH.

    Raises InputError if the key cannot be used, InfrastructureError without OpenSSH.
    """
    signature = sign(content, key, NAMESPACE).decode("ascii")
    document = {"format": SCHEMA, "statement": content.decode(), "signature": signature}
    return json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n"


def read_released(path: Path) -> Released:
    """Return what a file says; raises InputError (`answer.invalid`) if it is no released answer."""
    try:
        return released_in(read_plain(path, _LARGEST))
    except (OSError, ValueError) as problem:
        raise InputError(
            "This is not a released answer",
            where=str(path),
            why=getattr(problem, "strerror", None) or str(problem),
            next_step="recast request statement ID ANSWER > FILE   (gets one from the service)",
            code="answer.invalid",
        ) from problem


def released_in(content: bytes) -> Released:
    """Return what the content of a file says; raises ValueError if it is no released answer."""
    found = _fitting(parse_json(content), _FILE)
    if found["format"] != SCHEMA:
        raise ValueError(f"its format is not {SCHEMA}")
    signed = found["statement"].encode()
    statement = _fitting(parse_json(signed), _STATEMENT)
    if statement["schema"] != SCHEMA or not _ANALYSIS.fullmatch(statement["analysis"]):
        raise ValueError("its statement is none about an answer")
    signature = found.get("signature")
    return Released(signed, statement, signature.encode() if signature else None)


def _fitting(value: JsonValue, shape: Shape) -> JsonDict:
    if fault := fault_of(value, shape):
        raise ValueError(f"{fault}, which is not so in our files")
    found: JsonDict = value
    return found


def verify_released(released: Released, *, key: Path | None = None, signers: Path | None = None) -> Signature:
    """Return how an answer is signed, without any network: by `key` (a .pub file), or by one of an allowed_signers
    file whose principals are analyses.
    """
    if released.signature is None:
        return Signature("unsigned")
    analysis = released.document["analysis"]
    with _accepted(key, signers) as accepted:
        return verify(released.content, released.signature, analysis, Signers(accepted), NAMESPACE)


KEY = "answers_ed25519"
"""The file of the key with which a service signs answers."""


def service_key(folder: Path) -> Path:
    """Return the key with which a service signs answers; the first time it is made there (mode 0600, no passphrase).

    Whoever comes at the same time waits, and gets the same key: its public half always follows from the private one.
    """
    path = folder / KEY
    public = path.with_suffix(".pub")
    if path.is_file() and public.is_file():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder), TemporaryDirectory(dir=folder) as fresh:
        made = Path(fresh, "key")
        if not path.is_file():
            _keygen("-t", "ed25519", "-N", "", "-C", _COMMENT, "-f", str(made))
            sync_paths([str(made)])
            os.link(made, path)  # fails rather than replacing a key
        if not public.is_file():
            made.with_suffix(".pub").write_bytes(_keygen("-y", "-f", str(path)))
            sync_paths([str(made.with_suffix(".pub"))])
            made.with_suffix(".pub").replace(public)
        sync_paths([str(folder)])
    return path


_COMMENT = "answers of this RECAST service"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a lock on a folder, against other threads and processes."""
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _keygen(*arguments: str) -> bytes:
    """Run ssh-keygen and return what it prints; raise InfrastructureError without OpenSSH."""
    import shutil
    import subprocess

    program = shutil.which("ssh-keygen")
    if program is None:
        raise InfrastructureError("ssh-keygen is missing", next_step="apt install openssh-client")
    asked = [program, "-q", *arguments]
    return subprocess.run(asked, check=True, capture_output=True, timeout=60, stdin=subprocess.DEVNULL).stdout


@contextmanager
def _accepted(key: Path | None, signers: Path | None) -> Iterator[Path]:
    """Yield a file of allowed signers: the given one, or one that accepts a single key for every analysis."""
    if key is None:
        yield signers if signers is not None else Path("/nonexistent")
        return
    try:
        line = public_key_line(read_plain(key, _LARGEST_KEY).decode("utf-8", "replace"))
    except OSError as problem:
        raise InputError("The key cannot be read", where=str(key), why=problem.strerror or "") from problem
    with TemporaryDirectory() as folder:
        accepted = Path(folder, "allowed_signers")
        accepted.write_text(f'* namespaces="{NAMESPACE}" {line}\n', encoding="utf-8")
        yield accepted
