"""XML of texts that strangers wrote: what XML cannot hold is taken out, the rest is escaped by the library."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from recast.json_types import JsonValue
from recast.service.pages.shape import cut, text
from recast.terminal_safe import visible

__all__ = ["add", "document", "element", "words"]

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What a document of XML 1.0 cannot hold, not even as a reference."""


def words(value: JsonValue, most: int = 300) -> str:
    """Return a text of a document on one line, harmless, at most so many characters long."""
    shown = cut(visible(" ".join(text(value, most).split()), None), most)
    return _NOT_XML.sub("\ufffd", shown)


def element(name: str, **attributes: str) -> Element:
    """Return an element; the names of attributes have `_` for `-` and for `:` nothing."""
    return Element(name, _attributes(attributes))


def add(parent: Element, name: str, content: str = "", **attributes: str) -> Element:
    """Append an element with a text to another, and return it."""
    made = SubElement(parent, name, _attributes(attributes))
    made.text = content or None
    return made


def document(root: Element) -> bytes:
    """Return a document as bytes, each element on a line of its own."""
    indent(root, " ")
    content: bytes = tostring(root, "utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + content + b"\n"


def _attributes(given: dict[str, str]) -> dict[str, str]:
    return {name.rstrip("_").replace("_", "-"): value for name, value in given.items()}
