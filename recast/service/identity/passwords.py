"""Passwords of local accounts: hashed with argon2, checked in the same time for names that do not exist."""

from __future__ import annotations

import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from recast.errors import UsageError
from recast.service.identity.rates import TooOften

__all__ = ["check_login_name", "check_password", "hash_of", "is_right"]

SHORTEST = 12
LONGEST_BYTES = 1024
_AT_ONCE = threading.BoundedSemaphore(2)
"""A hash takes 64 MB and a tenth of a second of a processor: more of them at once would be an attack's lever."""

_WAIT_S = 10.0
_HASHER = PasswordHasher()
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")


def check_login_name(login: str) -> str:
    """Return the name of a local account in its one spelling; raise UsageError if it is none."""
    name = login.strip().lower()
    if not (2 <= len(name) <= 64 and name.isascii() and name[0].isalpha() and set(name) <= _LETTERS):
        raise UsageError(
            "This is not a name of an account", why="It has 2 to 64 letters, digits, '.', '_' and '-'; a letter first."
        )
    return name


def check_password(password: str, login: str) -> None:
    """Raise UsageError unless a password is long enough to be worth hashing (NIST SP 800-63B: no other rules)."""
    plain = _one_spelling(password)
    if len(password) < SHORTEST or len(plain) > LONGEST_BYTES:
        raise UsageError(f"A password has at least {SHORTEST} characters, and at most {LONGEST_BYTES} bytes")
    rest = password.lower().replace(login, "") if login else password
    if len(set(plain)) < 5 or len(rest) < SHORTEST // 2:
        raise UsageError("This password is too easy to guess", next_step="use some words that do not belong together")


def hash_of(password: str) -> str:
    """Return the argon2id hash of a password."""
    with _Turn():
        return _HASHER.hash(_one_spelling(password))


def is_right(password: str, known_hash: str) -> bool:
    """Return whether a password has a hash. Without one (no such account) it takes as long, and is wrong."""
    with _Turn():
        nobodys = _nobodys()
        try:
            return _HASHER.verify(known_hash or nobodys, _one_spelling(password[:LONGEST_BYTES])) and bool(known_hash)
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobodys() -> str:
    return _HASHER.hash("of nobody")


class _Turn:
    """A place among those who may hash; raises TooOften rather than letting callers pile up."""

    def __enter__(self) -> None:
        if not _AT_ONCE.acquire(timeout=_WAIT_S):
            raise TooOften("Too many logins at once", 30)

    def __exit__(self, *_: object) -> None:
        _AT_ONCE.release()


def _one_spelling(password: str) -> bytes:
    """Return a password as it is hashed (RFC 8265): one spelling of letters that keyboards write in two ways."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
