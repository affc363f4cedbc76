"""Names of files for names of strangers, which every file system takes and tells apart. Pure.

A memory stick may belong to a system that does not distinguish case, decomposes accents, has devices called `con`, or
forbids a colon. So small letters, digits, `-` and dots inside stay, and all else is written in hexadecimal.
"""

from __future__ import annotations

import hashlib
import re

__all__ = ["file_name"]

_PLAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*")
_KEPT = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-.")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")
_LONGEST, _BEGINNING = 80, 40


def file_name(name: str) -> str:
    """Return the name of a file for a name; different names have different files, also where case does not count.

    `atlas-susy-2018-31` and `1.0.0` stay as they are, `CMS` becomes `_43_4d_53`, `..` becomes `_2e_2e`, and `con`
    becomes `_63on`. Long ones end in a digest.
    """
    if _PLAIN.fullmatch(name) and len(name) <= _LONGEST and not _DEVICE.fullmatch(name):
        return name
    octets = name.encode("utf-8", "surrogatepass")
    written = "".join(_written(octets, at) for at in range(len(octets))) or "_"
    if _DEVICE.fullmatch(written):
        written = f"_{octets[0]:02x}{written[1:]}"
    if len(written) <= _LONGEST:
        return written
    return f"{written[:_BEGINNING].rstrip('.')}_~{hashlib.sha256(octets).hexdigest()[:24]}"


def _written(octets: bytes, at: int) -> str:
    octet = octets[at]
    inside = 0 < at < len(octets) - 1 and octets[at - 1] != ord(".")
    return chr(octet) if octet in _KEPT and (octet != ord(".") or inside) else f"_{octet:02x}"
