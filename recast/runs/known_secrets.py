"""The secrets of a run as this machine knows them, to be kept out of what is shown while its jobs still run."""

from __future__ import annotations

from collections.abc import Iterable

from recast.engine.overrides import RunOverrides
from recast.site import secrets_folder
from recast.worker.failure import Failure
from recast.worker.secrets import read_secrets

__all__ = ["known_secrets", "without_secrets"]


def known_secrets(overrides: RunOverrides) -> list[bytes]:
    """Return what must not be shown; nothing for a secret whose file is gone, or was never here."""
    names = {secret.name for said in overrides.everywhere.values() for secret in said.wishes.secrets}
    found: list[bytes] = []
    for name in sorted(names):
        try:
            found += read_secrets([f"{secrets_folder()}/{name}"])
        except Failure:
            continue
    return sorted(found, key=len, reverse=True)


def without_secrets(text: bytes, secrets: Iterable[bytes]) -> bytes:
    """Return a text with stars in place of secrets, as many as they have bytes."""
    for secret in secrets:
        text = text.replace(secret, b"*" * len(secret))
    return text
