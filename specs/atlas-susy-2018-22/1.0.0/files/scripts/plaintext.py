"""Text and numbers as generators write them: encodings, line ends, exponents of Fortran.

Standard library only.
"""

from __future__ import annotations

import codecs
import math
import re

__all__ = ["PACKED", "NotText", "as_text", "encoding_of", "number", "plain"]

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
PACKED = {
    b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip", b"\x28\xb5\x2f\xfd": "zstd",
    b"%PDF": "PDF", b"\x89HDF": "HDF5", b"root": "ROOT",
}  # fmt: skip
# 1.0D+02 is how Fortran writes double precision; 1.0+102 is how it writes an exponent that has no room for its letter.
NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:[EeDdQq]([+-]?\d{1,4})|([+-]\d{3}))?")


class NotText(Exception):
    """The bytes are no text; the message says what they look like."""


def as_text(content: bytes) -> str:
    """Return bytes as text: UTF-8, UTF-16 with its mark, else Latin-1 (comments of authors); raise NotText."""
    for begin, kind in PACKED.items():
        if content.startswith(begin):
            raise NotText(f"it is packed or of another kind ({kind})")
    encoding = encoding_of(content)
    if encoding != "utf-16" and b"\0" in content:
        raise NotText("it holds bytes that no text has")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def encoding_of(begin: bytes) -> str:
    """Return the encoding that the first bytes of a text announce; UTF-8 if they announce none."""
    return next((name for mark, name in MARKS if begin.startswith(mark)), "utf-8")


def plain(word: str) -> str | None:
    """Return a number in the notation that all programs read (1.0E+02), or None if the word is none."""
    found = NUMBER.fullmatch(word)
    if found is None or not word.isascii():
        return None
    exponent = found[2] or found[3]
    return found[1] if exponent is None else f"{found[1]}E{exponent}"


def number(word: str) -> float:
    """Return the value of a number; raise ValueError for what is none, NaN and infinities included."""
    try:
        value = float(word)  # most of them, and much quicker than the pattern
    except ValueError:
        text = plain(word)
        value = math.nan if text is None else float(text)
    if not math.isfinite(value) or "_" in word or not word.isascii():
        raise ValueError(f"{word[:40]} is no number")
    return value
