"""Text as it may be shown: nothing invisible, nothing that moves a cursor or turns the direction, not endless."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["as_utf8", "is_invisible", "is_utf8", "json_visible", "one_line", "visible"]

LONGEST_SHOWN = 600
"""The most characters that are shown of one message: nobody reads more."""

_BLANK_LETTERS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
"""Letters and marks with a shape that is empty."""


_NOT_PLAIN = re.compile("[^\n\x20-\x7e]")


def is_invisible(letter: str) -> bool:
    """Return whether a character has no shape of its own: a control, a mark of direction, a blank without width."""
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") or letter in _BLANK_LETTERS


def visible(text: str, most: int | None = LONGEST_SHOWN, *, keep: str = "\n") -> str:
    """Return a text with what cannot be seen written as an escape, cut after `most` characters; ends of lines stay."""
    if not text.isascii() or not text.isprintable():
        text = _NOT_PLAIN.sub(lambda found: _escape(found[0], keep), text)
    return text if most is None or len(text) <= most else f"{text[:most]}..."


def one_line(text: str, most: int | None = None) -> str:
    """Return a text as `visible`, with the ends of its lines as `\\n`: it cannot begin a line that looks like ours."""
    return visible(text.replace("\n", "\\n"), most)


def json_visible(text: str) -> str:
    """Return JSON with what cannot be seen written as JSON's own escapes: another spelling of the same document."""
    return text if text.isascii() and "\x7f" not in text else _NOT_PLAIN.sub(_json_escape, text)


def is_utf8(text: str) -> bool:
    """Return whether a text can be written as UTF-8; a name of a file whose bytes are none cannot."""
    return text.isascii() or text == as_utf8(text)


def as_utf8(text: str) -> str:
    """Return a text with what UTF-8 cannot hold written as an escape that JSON knows (`\\udcff`)."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _escape(letter: str, keep: str) -> str:
    return f"\\u{ord(letter):04x}" if letter not in keep and is_invisible(letter) else letter


def _json_escape(found: re.Match[str]) -> str:
    letter = found[0]
    if not is_invisible(letter):
        return letter
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))
