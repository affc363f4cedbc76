"""Text that is safe to show on a terminal: no invisible characters, no cursor movement, no direction changes, a maximum
length.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["as_utf8", "is_invisible", "is_utf8", "json_visible", "one_line", "visible"]

LONGEST_SHOWN = 600
"""The maximum number of characters shown of one message."""

_BLANK_LETTERS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
"""Letters and marks whose glyph is empty."""


_NOT_PLAIN = re.compile("[^\n\x20-\x7e]")


def is_invisible(letter: str) -> bool:
    """Return whether a character is invisible: a control character, a direction mark, a zero-width space."""
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") or letter in _BLANK_LETTERS


def visible(text: str, most: int | None = LONGEST_SHOWN, *, keep: str = "\n") -> str:
    """Return a text with invisible characters escaped, truncated after `most` characters; those in `keep` stay."""
    if not text.isascii() or not text.isprintable():
        text = _NOT_PLAIN.sub(lambda found: _escape(found[0], keep), text)
    return text if most is None or len(text) <= most else f"{text[:most]}..."


def one_line(text: str, most: int | None = None) -> str:
    """Return a text as `visible` does, with newlines escaped (`\\n`), so that it cannot imitate a line of ours."""
    return visible(text.replace("\n", "\\n"), most)


def json_visible(text: str) -> str:
    """Return JSON with invisible characters as JSON escapes: the same document, spelled differently."""
    return text if text.isascii() and "\x7f" not in text else _NOT_PLAIN.sub(_json_escape, text)


def is_utf8(text: str) -> bool:
    """Return whether a text can be encoded as UTF-8; the name of a file whose bytes are not UTF-8 cannot."""
    return text.isascii() or text == as_utf8(text)


def as_utf8(text: str) -> str:
    """Return a text with what cannot be encoded as UTF-8 written as a JSON escape (`\\udcff`)."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _escape(letter: str, keep: str) -> str:
    return f"\\u{ord(letter):04x}" if letter not in keep and is_invisible(letter) else letter


def _json_escape(found: re.Match[str]) -> str:
    letter = found[0]
    if not is_invisible(letter):
        return letter
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))
