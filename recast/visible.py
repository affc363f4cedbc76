"""Text as it may be shown: nothing invisible, nothing that moves a cursor or turns the direction, not endless."""

from __future__ import annotations

import unicodedata

__all__ = ["as_utf8", "is_invisible", "is_utf8", "visible"]

LONGEST_SHOWN = 600
"""The most characters that are shown of one message: nobody reads more."""


def is_invisible(letter: str) -> bool:
    """Return whether a character has no shape of its own: a control, a mark of direction, a blank without width."""
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def visible(text: str, most: int | None = LONGEST_SHOWN) -> str:
    """Return a text with what cannot be seen written as an escape, cut after `most` characters; ends of lines stay."""
    if not text.isascii() or not text.isprintable():
        text = "".join(
            f"\\u{ord(letter):04x}" if letter != "\n" and is_invisible(letter) else letter for letter in text
        )
    return text if most is None or len(text) <= most else f"{text[:most]}..."


def is_utf8(text: str) -> bool:
    """Return whether a text can be written as UTF-8; a name of a file whose bytes are none cannot."""
    return text.isascii() or text == as_utf8(text)


def as_utf8(text: str) -> str:
    """Return a text with what UTF-8 cannot hold written as an escape that JSON knows (`\\udcff`)."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
