"""Amounts as people write them: `4GB`, `1.5GiB`, `2h30m`, `1-12:00:00`. Pure."""

from __future__ import annotations

import re

__all__ = ["megabytes", "memory_text", "seconds", "time_text"]

_BYTES = {
    "": 10**6,
    "K": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "KI": 2**10,
    "MI": 2**20,
    "GI": 2**30,
    "TI": 2**40,
}
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*(?:([KMGT]I?)B?)?", re.IGNORECASE | re.ASCII)
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_CLOCK = re.compile(r"(?:(\d{1,5})-)?(\d{1,5}):(\d{1,2})(?::(\d{1,2}))?", re.ASCII)
_PARTS = re.compile(r"(?:(\d{1,10})d)?(?:(\d{1,10})h)?(?:(\d{1,10})m)?(?:(\d{1,10})s)?", re.ASCII)
_PLAIN = re.compile(r"\d{1,10}", re.ASCII)


def megabytes(text: str) -> int:
    """Return a size in MB (10^6 bytes), rounded up; a bare number is one of MB. Raises ValueError."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueError("a size is a number and a unit, such as 4GB, 500MB or 2GiB; a bare number is in MB")
    amount = -int(-float(found[1]) * _BYTES[(found[2] or "").upper()] // 10**6)
    if amount < 1:
        raise ValueError("a size is more than nothing")
    return amount


def seconds(text: str) -> int:
    """Return the seconds of `90m`, `2h30m`, `1d`, `[days-]hours:minutes[:seconds]` or a number. Raises ValueError."""
    text = text.strip().lower()
    if clock := _CLOCK.fullmatch(text):
        days, hours, minutes, rest = (int(part or 0) for part in clock.groups())
        amount = days * 86_400 + hours * 3600 + minutes * 60 + rest
    elif _PLAIN.fullmatch(text):
        amount = int(text)
    elif (parts := _PARTS.fullmatch(text)) and text:
        amount = sum(int(part or 0) * unit for part, unit in zip(parts.groups(), (86_400, 3600, 60, 1), strict=True))
    else:
        raise ValueError("a time is written as 90m, 2h30m, 1d, 12:00:00, or as a number of seconds")
    if amount < 1:
        raise ValueError("a time is more than nothing")
    return amount


def memory_text(amount_mb: int) -> str:
    """Return MB as `megabytes` reads them."""
    return f"{amount_mb // 1000}GB" if amount_mb % 1000 == 0 else f"{amount_mb}MB"


def time_text(amount_s: int) -> str:
    """Return seconds as `seconds` reads them."""
    for unit in ("d", "h", "m"):
        if amount_s % _UNIT_S[unit] == 0:
            return f"{amount_s // _UNIT_S[unit]}{unit}"
    return f"{amount_s}s"
