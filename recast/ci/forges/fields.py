"""Fields of an untrusted JSON document, each with its type checked. Pure."""

from __future__ import annotations

from recast.ci.checkout.refs import ZEROS, fault_of_ref, is_commit
from recast.json_types import JsonValue

__all__ = ["Odd", "commit", "flag", "maybe_commit", "number", "ref", "repository", "text", "there"]

MOST_LETTERS = 1000


class Odd(ValueError):
    """A document does not have the shape that its event needs; the message names the field, never its value."""


def there(document: JsonValue, *keys: str) -> JsonValue:
    """Return the value below some keys, None if there is none."""
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def text(document: JsonValue, *keys: str) -> str:
    """Return a text below some keys, which must be there and not empty."""
    value = there(document, *keys)
    if not isinstance(value, str) or not value or len(value) > MOST_LETTERS:
        raise Odd(f"{'.'.join(keys)} is not a text")
    return value


def number(document: JsonValue, *keys: str) -> int:
    """Return a positive integer below some keys."""
    value = there(document, *keys)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 10**10:
        raise Odd(f"{'.'.join(keys)} is not a positive number")
    return value


def flag(document: JsonValue, *keys: str) -> bool | None:
    """Return true or false below some keys, None if there is neither."""
    value = there(document, *keys)
    return value if isinstance(value, bool) else None


def maybe_commit(document: JsonValue, *keys: str) -> str:
    """Return the name of an object below some keys; an empty string if it is all zeros."""
    value = text(document, *keys)
    if value.strip("0") == "" and len(value) in (len(ZEROS), 64):
        return ""
    if not is_commit(value):
        raise Odd(f"{'.'.join(keys)} is not a commit")
    return value


def commit(document: JsonValue, *keys: str) -> str:
    """Return the name of an object below some keys, which must not be all zeros."""
    value = maybe_commit(document, *keys)
    if not value:
        raise Odd(f"{'.'.join(keys)} is no commit")
    return value


def ref(document: JsonValue, *keys: str) -> str:
    """Return the full name of a ref below some keys."""
    value = text(document, *keys)
    if fault := fault_of_ref(value):
        raise Odd(f"{'.'.join(keys)} is not the name of a ref: {fault}")
    return value


def repository(document: JsonValue, *keys: str) -> str:
    """Return the path of a repository, `group/name`, below some keys."""
    value = text(document, *keys)
    if "/" not in value or value.startswith("/") or ".." in value.split("/") or not value.isprintable():
        raise Odd(f"{'.'.join(keys)} is not the path of a repository")
    return value
