"""Signing and verifying with `ssh-keygen -Y` (OpenSSH 8.2 or newer), without any network."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from recast.errors import InfrastructureError, InputError
from recast.signing.signers import Signers

if TYPE_CHECKING:
    import subprocess

__all__ = ["LARGEST_SIGNATURE", "NAMESPACE", "Signature", "sign", "verify"]

NAMESPACE = "recast-version"
"""The namespace of signatures: one made for a mail or a commit is not valid here."""

LARGEST_SIGNATURE = 16 << 10
_LONGEST_S = 60.0
_FINGERPRINT = re.compile(r"key (SHA256:[A-Za-z0-9+/]+)")


@dataclass(frozen=True, slots=True)
class Signature:
    """The state of a signature.

    `verified`: by an accepted signer. `unknown`: by a key that is not accepted for this analysis. `bad`: the signature
    does not match the content. `unsigned`: there is none. `signer` is a name, or a fingerprint.
    """

    state: Literal["verified", "unknown", "bad", "unsigned"]
    signer: str | None = None
    key: str | None = None

    def as_json(self) -> dict[str, str | None]:
        """Return the signature as a JSON object."""
        return {"state": self.state, "signer": self.signer, "key": self.key}

    def __str__(self) -> str:
        return {
            "verified": f"signed by {self.signer}",
            "unknown": f"signed by {self.signer}, who is not an accepted signer here",
            "bad": "badly signed: the signature does not match its content",
            "unsigned": "not signed",
        }[self.state]


def sign(content: bytes, key: Path, namespace: str = NAMESPACE) -> bytes:
    """Return the armoured signature of `content` by a private key, or by the agent if `key` is a public one.

    Raises InputError if the key cannot be used, InfrastructureError without OpenSSH. Asks for a passphrase on the
    terminal if the key has one.
    """
    if not key.is_file():
        raise InputError(
            "There is no such key", where=str(key), next_step="ssh-keygen -t ed25519 -f FILE   (makes one)"
        )
    done = _ssh_keygen(["-q", "-Y", "sign", "-f", str(key), "-n", namespace], content)
    if done.returncode != 0 or not done.stdout.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        raise InputError(
            "The key cannot sign",
            where=str(key),
            why=done.stderr.decode(errors="replace").strip()[:500],
            next_step="Give a private key of SSH (or its .pub, if an agent holds it): --key ~/.ssh/id_ed25519",
        )
    return done.stdout


def verify(content: bytes, signature: bytes, analysis: str, signers: Signers, namespace: str = NAMESPACE) -> Signature:
    """Return whether an accepted signer of `analysis` signed `content`; never raises for a hostile signature."""
    if len(signature) > LARGEST_SIGNATURE:
        return Signature("bad")
    with _in_memory(signature) as file:
        known = ["-f", str(signers.path), "-I", analysis, "-n", namespace, "-s", f"/dev/fd/{file}"]
        if signers.path.is_file() and (done := _ssh_keygen(["-Y", "verify", *known], content, file)).returncode == 0:
            key = _key(done)
            return Signature("verified", signers.name_of(key, analysis), key)
        done = _ssh_keygen(["-Y", "check-novalidate", "-n", namespace, "-s", f"/dev/fd/{file}"], content, file)
    if done.returncode != 0:
        return Signature("bad")
    key = _key(done)
    return Signature("unknown", key, key)


def _key(done: subprocess.CompletedProcess[bytes]) -> str:
    found = _FINGERPRINT.search(done.stdout.decode(errors="replace"))
    return found[1] if found else "an unnamed key"


@contextmanager
def _in_memory(content: bytes) -> Iterator[int]:
    """Yield the descriptor of an in-memory file, so that nothing is left on a disk."""
    descriptor = os.memfd_create("signature")
    try:
        os.write(descriptor, content)
        yield descriptor
    finally:
        os.close(descriptor)


def _ssh_keygen(arguments: list[str], content: bytes, *files: int) -> subprocess.CompletedProcess[bytes]:
    import shutil
    import subprocess

    program = shutil.which("ssh-keygen")
    if program is None:
        raise InfrastructureError(
            "ssh-keygen is missing",
            why="Signatures are made and verified by OpenSSH.",
            next_step="apt install openssh-client",
        )
    try:
        return subprocess.run(
            [program, *arguments], input=content, capture_output=True, timeout=_LONGEST_S, check=False, pass_fds=files
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise InfrastructureError("ssh-keygen cannot be run", where=program, why=str(problem)) from problem
