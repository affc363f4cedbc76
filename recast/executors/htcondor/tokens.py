"""Check for a usable HTCondor token: the client itself silently ignores invalid ones."""

from __future__ import annotations

import base64
import binascii
import os
import time
from pathlib import Path

from recast.errors import CredentialsProblem
from recast.strictjson import parse_json

__all__ = ["check_tokens", "expiry_of"]

_NEXT = "condor_token_fetch -token recast, on a machine where you are known; then: recast resume"


def expiry_of(token: str) -> float | None:
    """Return when a token expires, in seconds since the epoch; infinity if it never does, None if it is not a token."""
    parts = token.strip().split(".")
    if len(parts) != 3:
        return None
    try:
        body = parse_json(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return float(body.get("exp", "inf"))
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error):
        return None


def check_tokens(folder: Path, now_s: float | None = None) -> None:
    """Raise CredentialsProblem unless the folder contains a token that is ours, private and not expired."""
    now_s = time.time() if now_s is None else now_s
    try:
        files = [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]
        why, latest = "there is no token in it", float("-inf")
        for path in files:
            about = path.stat()
            if about.st_uid != os.geteuid() or about.st_mode & 0o077:
                why = f"{path.name} must belong to you and be readable by you alone (chmod 600), or HTCondor ignores it"
                continue
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                expires = expiry_of(line) if line.strip() and not line.startswith("#") else None
                if expires is not None:
                    latest = max(latest, expires)
    except OSError as problem:
        why, latest = problem.strerror or str(problem), float("-inf")
    if latest > now_s:
        return
    if latest > float("-inf"):
        why = f"the last one expired at {time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(latest))} UTC"
    raise CredentialsProblem("You have no token for HTCondor", where=str(folder), why=why, next_step=_NEXT)
