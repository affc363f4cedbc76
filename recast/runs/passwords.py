"""Inputs that look like passwords by their name: warned of, and never shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from recast.spec.secrets import in_pair

__all__ = ["HIDDEN", "is_password", "password_like"]

HIDDEN = "***"
_NAME = re.compile(r"(?i)(?:.*[_-])?(?:eos|krb|user|nice|cern|grid|my|db|key)?(?:pass|pwd|pw)")
"""What such inputs are called in the wild: eospass, krb_pass, userpw. The linter's list has passwords and tokens."""


def is_password(name: str, value: Any) -> bool:
    """Return whether a value is a password, token or key by its name."""
    if not isinstance(value, str) or not value:
        return False
    return _NAME.fullmatch(name) is not None or any(True for _ in in_pair(name, value))


def password_like(inputs: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the inputs that look like passwords."""
    yield from (name for name, value in inputs.items() if is_password(name, value))
