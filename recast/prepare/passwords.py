"""Inputs whose names suggest passwords: a warning is shown, their values never."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from recast.jobs import RUN_ROOT
from recast.json_types import JsonObject
from recast.masked import MASK

__all__ = ["is_password", "password_like", "without_passwords"]

_NAME = re.compile(r"(?i)(?:.*[_-])?(?:eos|krb|user|nice|cern|grid|my|db|key)?(?:pass|pwd|pw)")
"""Names of such inputs in existing workflows: eospass, krb_pass, userpw. The linter's list has passwords and tokens."""

_SHORTEST_ELSEWHERE = 8
"""A shorter password is masked only under its name: as a substring it could occur anywhere."""


def is_password(name: str, value: Any) -> bool:
    """Return whether a value is a password, token or key by its name; a file of the run (`pass: pass.root`) is not."""
    if not isinstance(value, str) or not value or value.startswith(RUN_ROOT + "/"):
        return False
    if _NAME.fullmatch(name) is not None:
        return True
    from recast.secret_text import in_pair  # its patterns take a while to compile, and most inputs are no texts

    return any(True for _ in in_pair(name, value))


def password_like(inputs: JsonObject) -> Iterator[str]:
    """Yield the names of the inputs that look like passwords."""
    yield from (name for name, value in inputs.items() if is_password(name, value))


def without_passwords(document: Any, *inputs: JsonObject) -> Any:
    """Return a JSON document without the passwords among the inputs of runs: under their names, and wherever else they
    occur, since a step may pass one on under another name.

    A plain word (`n_pass: baseline`) is masked only under such a name.
    """
    passwords = {given[name] for given in inputs for name in password_like(given)}
    elsewhere = [text for text in passwords if len(text) >= _SHORTEST_ELSEWHERE and not text.isalpha()]
    elsewhere.sort(key=len, reverse=True)

    def without(value: Any) -> Any:
        if isinstance(value, str):
            for password in elsewhere:
                value = value.replace(password, MASK)
            return value
        if isinstance(value, list):
            return [without(item) for item in value]
        if isinstance(value, dict):
            return {key: MASK if hides(key, item) else without(item) for key, item in value.items()}
        return value

    def hides(key: Any, item: Any) -> bool:
        return isinstance(item, str) and item in passwords and is_password(str(key), item)

    return without(document) if passwords else document
