"""TeX in titles and abstracts as MathML. Whatever cannot be shown so is shown as the text that it is.

What strangers write is bounded in length and nesting, and defines no macros. Of what the library makes of it only known
elements and attributes go on, and this module writes them: its own way of writing takes escapes back (`\\text{<b>}`
would become an element).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from recast.terminal_safe import visible

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["with_math"]

LONGEST_TEXT = 20_000
LONGEST_FORMULA = 400
MOST_MATH = 4000
"""Characters of formulas in one text; what is beyond stays text. A formula costs some milliseconds for 400."""

_DEEPEST = 24
_REMEMBERED = 2000
_FORMULA = re.compile(
    r"(?<!\\)\$\$(?P<a>[^$]{1,400})\$\$|(?<![\\$])\$(?=[^\s$])(?P<b>[^$]{1,400})(?<![\s\\])\$(?![\d$])"
    r"|\\\((?P<c>.{1,400}?)\\\)|\\\[(?P<d>.{1,400}?)\\\]",
    re.DOTALL,
)
"""A dollar that begins a formula has no space behind it, one that ends it has none before it and no digit behind."""

_REFUSED = re.compile(
    r"\\(?:(?:re|provide)?newcommand|[egx]?def|let|newenvironment|DeclareMathOperator|unicode)(?![a-zA-Z])"
)
"""What defines something, or names a character by its number."""

_UNKNOWN = re.compile(r"\\[a-zA-Z]")
"""The library leaves a command that it does not know as it is."""

_OPERATORS = "\u2061\u2062\u2063\u2064"
"""Operators without a glyph: the application of a function, an invisible times."""

_SHOWN = (
    "math mrow mi mn mo mtext mspace mstyle msub msup msubsup mfrac msqrt mroot mover munder munderover mtable mtr mtd"
)
_ELEMENTS = frozenset(_SHOWN.split())
"""None that moves or hides what is in it (`mpadded`, `mphantom`), links (`href`) or has a style of its own."""

_CHILDREN = {"msub": 2, "msup": 2, "mfrac": 2, "mroot": 2, "mover": 2, "munder": 2, "msubsup": 3, "munderover": 3}
"""The library makes a fraction without a denominator, which no browser shows."""

_BOOLEAN = "true|false"
_SIDES = r"(?:left|center|right)(?: (?:left|center|right)){0,20}"
_ATTRIBUTES = {
    name: re.compile(values)
    for names, values in (
        ("accent displaystyle fence largeop movablelimits separator stretchy symmetric", _BOOLEAN),
        ("form", "prefix|infix|postfix"),
        ("linethickness", "0"),
        ("scriptlevel", "[0-3]"),
        ("mathvariant", "normal|bold|italic|bold-italic|double-struck|script|fraktur|sans-serif|monospace"),
        ("columnalign", _SIDES),
        ("minsize maxsize width lspace rspace", r"[0-2](?:\.\d{1,4})?em"),
    )
    for name in names.split()
}


def with_math(text: str) -> Markup:
    """Return a stranger's text as HTML: escaped, with its formulas (`$…$`, `\\(…\\)`, `\\[…\\]`) as MathML."""
    if len(text) > LONGEST_TEXT or not ("$" in text or "\\(" in text or "\\[" in text):
        return escape(visible(text, None))
    return Markup("").join(_parts(text))


def _parts(text: str) -> Iterator[Markup]:
    place, left = 0, MOST_MATH
    for found in _FORMULA.finditer(text):
        formula = next(part for part in found.groups() if part is not None)
        left -= len(formula)
        math = _mathml(formula.strip()) if left >= 0 else None
        if math is not None:
            yield escape(visible(text[place : found.start()], None))
            yield Markup(math)  # noqa: S704   # written by `_written`, which escapes
            place = found.end()
    yield escape(visible(text[place:], None))


@lru_cache(maxsize=_REMEMBERED)
def _mathml(formula: str) -> str | None:
    """Return a formula as MathML, None if it cannot be shown so."""
    from latex2mathml.converter import convert_to_element

    if len(formula) > LONGEST_FORMULA or _REFUSED.search(formula):
        return None
    try:
        return "".join(_written(convert_to_element(formula), 0))
    except Exception:  # the library has no class for its own: StopIteration, IndexError, RecursionError, many more
        return None


def _written(element: Element, depth: int) -> Iterator[str]:
    """Yield the HTML of an element; raise ValueError for what is not shown."""
    if element.tag not in _ELEMENTS or depth > _DEEPEST or len(element) != _CHILDREN.get(element.tag, len(element)):
        raise ValueError(element.tag)
    text = visible(html.unescape(element.text or ""), None, keep=_OPERATORS)
    if _UNKNOWN.search(text):
        raise ValueError(text)
    attributes = (f' {name}="{value}"' for name, value in element.attrib.items() if _fits(name, value))
    yield f"<{element.tag}{''.join(attributes)}>{escape(text)}"
    for child in element:
        yield from _written(child, depth + 1)
    yield f"</{element.tag}>"


def _fits(name: str, value: object) -> bool:
    return name in _ATTRIBUTES and _ATTRIBUTES[name].fullmatch(str(value)) is not None
