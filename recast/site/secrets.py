"""The user's secrets for jobs: files by name, readable for their owner alone. Nothing here reads what is in them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping

from recast.errors import CredentialsProblem, NotFound, PermissionDenied
from recast.jobs import SecretWish

__all__ = ["MOST_SECRET_BYTES", "check_secrets", "secrets_folder"]

MOST_SECRET_BYTES = 1 << 20


def secrets_folder(environ: Mapping[str, str] | None = None) -> str:
    """Return the folder of the user's secrets: RECAST_SECRETS, else `recast/secrets` where XDG has configuration."""
    env = os.environ if environ is None else environ
    home = env.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111
    return os.path.abspath(os.path.expanduser(env.get("RECAST_SECRETS") or f"{home}/recast/secrets"))  # noqa: PTH100,PTH111


def check_secrets(wished: Iterable[SecretWish], environ: Mapping[str, str] | None = None) -> None:
    """Raise what keeps a secret from being handed to a job: it is not there, is none, or others can read it.

    NotFound, PermissionDenied or CredentialsProblem, each with the file and what to type.
    """
    folder = secrets_folder(environ)
    for secret in wished:
        path = f"{folder}/{secret.name}"
        try:
            status = os.stat(path)  # noqa: PTH116
        except OSError as problem:
            raise NotFound(
                f"There is no secret {secret.name!r}",
                where=path,
                why=problem.strerror or "",
                next_step=f"(umask 077; mkdir -p {folder}; cat > {path})   then type the secret, and Ctrl-D",
            ) from None
        if not stat.S_ISREG(status.st_mode):
            raise CredentialsProblem(f"The secret {secret.name!r} is not a plain file", where=path)
        if status.st_mode & 0o077 or status.st_uid not in (os.geteuid(), 0):
            raise PermissionDenied(
                f"Others can read the secret {secret.name!r}",
                code="permission.secret",
                where=path,
                why=f"Its mode is {stat.S_IMODE(status.st_mode):04o}, its owner {status.st_uid}.",
                next_step=f"chmod 600 {path}; and think about whether somebody has read it",
            )
        if not 0 < status.st_size <= MOST_SECRET_BYTES:
            raise CredentialsProblem(
                f"The secret {secret.name!r} is {'empty' if not status.st_size else 'too large'}",
                where=path,
                why=f"It has {status.st_size} bytes; at most {MOST_SECRET_BYTES} are handed on.",
            )
