"""The services that a user has logged in to, each with its token: one file that nobody else can read."""

from __future__ import annotations

import fcntl
import json
import os
import re
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from recast.atomic import whole_file
from recast.errors import InputError, PermissionDenied, StoreError, UsageError
from recast.plainfile import read_plain
from recast.strictjson import parse_json

__all__ = ["Login", "Logins", "address_of", "chosen_server", "is_token", "token_in"]

VARIABLE = "RECAST_SERVER"
_LARGEST = 1 << 20
_LONGEST_TOKEN = 4096
_TOKEN = re.compile(r"[!-~]{8,4000}")


@dataclass(frozen=True, slots=True)
class Login:
    """A token of one service, and what the service said of it."""

    server: str
    token: str = field(repr=False)
    token_id: str = ""
    user: str = ""
    expires: str = ""


class Logins:
    """The file `logins.json` in a state directory (mode 0600), the last login last."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / "logins.json"

    def all(self) -> dict[str, Login]:
        """Return the logins by address. Raises PermissionDenied if others could read the file, StoreError if it is
        damaged.
        """
        try:
            self._check_private()
            found = parse_json(read_plain(self.path, _LARGEST))
            return {server: Login(server, **it) for server, it in found.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as problem:
            raise StoreError(
                "The file of your logins cannot be read",
                where=str(self.path),
                why=getattr(problem, "strerror", None) or str(problem),
                next_step="Remove it and log in again: recast login URL",
            ) from problem

    def keep(self, login: Login) -> None:
        """Remember a login; it becomes the one that is used if no server is named."""
        with self._alone():
            known = self.all()
            known.pop(login.server, None)
            self._write({**known, login.server: login})

    def forget(self, server: str) -> None:
        """Forget the login of a service."""
        with self._alone():
            known = self.all()
            if known.pop(server, None) is not None:
                self._write(known)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other commands from changing the file meanwhile: one of two logins would be lost, and its token live."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise self._not_kept(problem) from problem
        try:
            with suppress(OSError):  # a file system without locks: rather a login that may be lost than none
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _check_private(self) -> None:
        status = os.lstat(self.path)
        if stat.S_IMODE(status.st_mode) & 0o077 or status.st_uid != os.geteuid():
            raise PermissionDenied(
                "The file of your logins is not only yours",
                where=str(self.path),
                why="It holds tokens, and others could read or change it.",
                next_step=f"chmod 600 {self.path}; and if others may have read it, revoke the tokens: recast token rm",
            )

    def _write(self, logins: Mapping[str, Login]) -> None:
        document = {server: _without_server(login) for server, login in logins.items()}
        try:
            with whole_file(self.path, 0o600) as stream:
                stream.write(json.dumps(document, indent=1).encode())
        except OSError as problem:
            raise self._not_kept(problem) from problem

    def _not_kept(self, problem: OSError) -> StoreError:
        step = "Free space or fix the permissions, or choose another folder: export RECAST_HOME=DIR"
        return StoreError.of(problem, "Your login cannot be kept", self.path, step)


def address_of(text: str) -> str:
    """Return the base URL of a service as it is written everywhere; raises UsageError if it is none."""
    try:
        parts = urlsplit(text.strip())
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound or parts.query or parts.fragment or "@" in parts.netloc:
        raise UsageError(
            "This is not the address of a service",
            where=f"{text:.100}",
            next_step="Give its URL, without password: recast login https://recast.example.org",
        )
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def chosen_server(named: str | None, logins: Mapping[str, Login], environ: Mapping[str, str]) -> str:
    """Return the service to speak to: the named one, that of `RECAST_SERVER`, or the last one logged in to."""
    if said := named or environ.get(VARIABLE, ""):
        return address_of(said)
    if logins:
        return list(logins)[-1]
    raise UsageError(
        "Which service?",
        why=f"Neither --server nor {VARIABLE} names one, and you have not logged in to any.",
        next_step="recast login URL   (or start one here: recast serve)",
    )


def is_token(text: str) -> bool:
    """Return whether a text can be a token: visible characters of ASCII, nothing for a header or a terminal."""
    return _TOKEN.fullmatch(text) is not None


def token_in(path: Path) -> str:
    """Return the token in a file (`-`: standard input); raises InputError if there is none."""
    try:
        text = sys.stdin.read(_LONGEST_TOKEN) if str(path) == "-" else read_plain(path, _LONGEST_TOKEN).decode("ascii")
    except (OSError, UnicodeDecodeError) as problem:
        why = getattr(problem, "strerror", None) or "it is not a token"
        raise InputError("The token cannot be read", where=str(path), why=why) from problem
    token = text.strip()
    if not is_token(token):
        raise InputError("The file holds no token", where=str(path), next_step="recast token new NAME > FILE")
    return token


def _without_server(login: Login) -> dict[str, str]:
    return {key: value for key, value in asdict(login).items() if key != "server"}
