"""Parse text and numbers as generators write them: encodings, line endings, Fortran exponents."""

from __future__ import annotations

import codecs
import math
import re

__all__ = ["NotText", "as_text", "number"]

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_PACKED = {
    b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip", b"\x28\xb5\x2f\xfd": "zstd",
    b"%PDF": "PDF", b"\x89HDF": "HDF5", b"root": "ROOT",
}  # fmt: skip
# 1.0D+02 is how Fortran writes double precision; 1.0+102 is how it writes an exponent that has no room for its letter.
_NUMBER = re.compile(r"([+-]?(?:\d{1,400}\.?\d{0,400}|\.\d{1,400}))(?:[EeDdQq]([+-]?\d{1,4})|([+-]\d{3}))?", re.ASCII)


class NotText(ValueError):
    """The bytes are not text; the message says what they look like."""


def as_text(content: bytes) -> str:
    """Return bytes as text: UTF-8, UTF-16 with a byte order mark, else Latin-1 (comments of authors); raise NotText."""
    for begin, kind in _PACKED.items():
        if content.startswith(begin):
            raise NotText(f"it is packed or of another kind ({kind}): unpack it first")
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    if encoding != "utf-16" and b"\0" in content:
        raise NotText("it holds bytes that no text has")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return content.decode("latin-1")


def number(word: str) -> float:
    """Return the value of a number in any notation; raise ValueError for anything else, also NaN and infinities."""
    found = _NUMBER.fullmatch(word)
    if found is None:
        raise ValueError(f"{word[:40]} is not a number")
    exponent = found[2] or found[3]
    value = float(found[1] if exponent is None else f"{found[1]}E{exponent}")
    if not math.isfinite(value):
        raise ValueError(f"{word[:40]} is not a number")
    return value
