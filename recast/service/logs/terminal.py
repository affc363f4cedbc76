"""What programs write for terminals, as text with styles: colours of letters, weight, underline. Pure.

Of all that a terminal obeys, only this is understood: SGR (`ESC [ … m`) for the style. Other control sequences of the
common form, titles and links are left out, as a terminal shows nothing of them either; whatever remains of control
characters is shown escaped (`recast.terminal_safe`). Backgrounds, blinking and concealment are not obeyed: no letter of
a log can be made as faint as what is behind it. The state is one `Style`, however long a log is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from recast.terminal_safe import visible

__all__ = ["PLAIN", "Style", "plain", "shown", "styled"]

_SEQUENCE = re.compile(
    r"\x1b\[(?P<sgr>[0-9;:]{0,100})m"
    r"|\x1b\[[0-?]{0,100}[ -/]{0,10}[@-~]"  # other control sequences: cursor, erasing, modes
    r"|\x1b\][^\x07\x1b\n]{0,4000}(?:\x07|\x1b\\)"  # titles, links
    r"|\x1b[()][0-9A-Za-z]|\x1b[=>78]"
)
_LINE_END = re.compile("\r*\n|\r+")
_MOST_CODES = 40
_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_SWITCHES = {1: ("bold", True), 2: ("faint", True), 3: ("slanted", True), 4: ("lined", True), 9: ("struck", True)}
_SWITCHES |= {21: ("lined", True), 23: ("slanted", False), 24: ("lined", False), 29: ("struck", False)}


@dataclass(frozen=True, slots=True)
class Style:
    """How text is written: a colour by its name, empty for that of the page."""

    colour: str = ""
    bold: bool = False
    faint: bool = False
    slanted: bool = False
    lined: bool = False
    struck: bool = False

    @property
    def classes(self) -> str:
        """The style as classes of the stylesheet; empty for plain text."""
        switches = [f"t-{name}" for name in ("bold", "faint", "slanted", "lined", "struck") if getattr(self, name)]
        return " ".join([*([f"t-{self.colour}"] if self.colour else []), *switches])

    def after(self, codes: str) -> Style:
        """Return the style after the codes of one SGR sequence, such as `1;31` or `38;5;196`."""
        return _after(self, codes)

    def changed(self, number: int, rest: Iterator[int]) -> Style:
        """Return the style after one code; `rest` are those that follow, of which a colour may take some."""
        if number == 0:
            return PLAIN
        if number in _SWITCHES:
            name, value = _SWITCHES[number]
            changed: dict[str, Any] = {name: value}
            return replace(self, **changed)
        if number == 22:
            return replace(self, bold=False, faint=False)
        if 30 <= number <= 37 or 90 <= number <= 97:
            return replace(self, colour=_NAMES[number % 10])
        if number in (38, 48):
            colour = _extended(rest)
            return replace(self, colour=colour) if number == 38 else self
        return replace(self, colour="") if number == 39 else self


PLAIN = Style()


@lru_cache(maxsize=512)
def _after(style: Style, codes: str) -> Style:
    if not codes:
        return PLAIN
    numbers = iter([int(it[:4] or 0) for it in re.split("[;:]", codes)[:_MOST_CODES]])
    for number in numbers:
        style = style.changed(number, numbers)
    return style


def styled(line: str, style: Style = PLAIN) -> tuple[list[tuple[Style, str]], Style]:
    """Return the pieces of a line with their styles, and the style that the next line begins with."""
    pieces, place = list[tuple[Style, str]](), 0
    for found in _SEQUENCE.finditer(line) if "\x1b" in line else ():
        if text := line[place : found.start()]:
            pieces.append((style, text))
        place = found.end()
        if (codes := found["sgr"]) is not None:
            style = style.after(codes)
    if text := line[place:]:
        pieces.append((style, text))
    return pieces, style


def plain(line: str) -> str:
    """Return a line as a terminal shows it, without styles."""
    return _SEQUENCE.sub("", line) if "\x1b" in line else line


def shown(text: str, hide: Callable[[str], str]) -> list[tuple[str, str]]:
    """Return a text as pieces that can be shown, each with its classes; neighbours of one style are one piece.

    `hide` takes the secrets out of lines. It gets what is seen of them: a change of colour in the middle of a secret
    does not show it.
    """
    pieces = list[tuple[str, list[str]]]()
    for style, words in _safely(list(_styled_lines(text)), hide):
        if pieces and pieces[-1][0] == style.classes:
            pieces[-1][1].append(words)
        else:
            pieces.append((style.classes, [words]))
    return [(classes, visible("".join(words), None, keep="\n\t")) for classes, words in pieces]


def _styled_lines(text: str) -> Iterator[list[tuple[Style, str]]]:
    style = PLAIN
    for line in _lines(text):
        found, style = styled(line, style)
        yield found


def _safely(lines: list[list[tuple[Style, str]]], hide: Callable[[str], str]) -> Iterator[tuple[Style, str]]:
    """Yield the pieces of lines; a line with a secret is one plain piece without it."""
    seen = ["".join(words for _, words in line) for line in lines]
    everything = "".join(seen)
    has_secrets = hide(everything) != everything  # asked once for all lines: most have none
    for line, whole in zip(lines, seen, strict=True):
        if has_secrets and (safe := hide(whole)) != whole:
            yield PLAIN, safe
        else:
            yield from line


def _lines(text: str) -> list[str]:
    """Return lines; a carriage return goes back to the beginning of a line, which is another one here."""
    lines = _LINE_END.split(text)
    return [f"{it}\n" for it in (lines if lines[-1] else lines[:-1])]


def _extended(rest: Iterator[int]) -> str:
    """Return the name that is nearest to a colour of the 256, or to one of red, green and blue."""
    kind = next(rest, 0)
    if kind == 5:
        return _of_256(next(rest, 0))
    return _nearest(*(next(rest, 0) for _ in range(3))) if kind == 2 else ""


def _of_256(number: int) -> str:
    if number < 16:
        return _NAMES[number % 8]
    if number < 232:
        number -= 16
        return _nearest(number // 36 * 51, number // 6 % 6 * 51, number % 6 * 51)
    return "white" if number >= 244 else "black"


def _nearest(red: int, green: int, blue: int) -> str:
    most = max(red, green, blue)
    if most < 64:
        return "black"
    bright = [value * 2 > most for value in (red, green, blue)]
    return _NAMES[bright[0] + 2 * bright[1] + 4 * bright[2]]
