"""A badge: the status of an analysis in one line, as a picture that says so to those who do not see it. Pure."""

from __future__ import annotations

from xml.etree.ElementTree import tostring

from recast.json_types import JsonObject
from recast.service.feeds.xml import add, element, words
from recast.service.pages.shape import mapping, text

__all__ = ["MEDIA_TYPE", "badge", "status_line"]

MEDIA_TYPE = "image/svg+xml"

_LABEL, _LETTER, _SIDE, _HEIGHT = "RECAST", 6.6, 8, 20
_COLOURS = {"published": "#17623a", "deprecated": "#7a4b00", "withdrawn": "#9b1c1c"}
_FAILED, _DARK = "#9b1c1c", "#39424e"
_FONT = "DejaVu Sans Mono,Menlo,Consolas,monospace"


def status_line(record: JsonObject) -> str:
    """Return the status and the validation of an analysis in a few words."""
    status, validation = words(record.get("status"), 20) or "unknown", mapping(record.get("validation"))
    counts = [_count(validation, key) for key in ("passed", "documented", "failed")]
    if not sum(counts):
        return f"{status}, not validated"
    if counts[2]:
        return f"{status}, {counts[2]} of {sum(counts)} FAILED"
    return f"{status}, validated {counts[0]}/{sum(counts)}"


def badge(record: JsonObject) -> bytes:
    """Return the badge of an analysis."""
    line, status = status_line(record), text(record.get("status"))
    colour = _FAILED if "FAILED" in line else _COLOURS.get(status, _DARK)
    left, right = _width(_LABEL), _width(line)
    size = {"width": f"{left + right:g}", "height": f"{_HEIGHT}"}
    said = f"{_LABEL}: {line}"
    root = element("svg", xmlns="http://www.w3.org/2000/svg", role="img", aria_label=said, **size)
    add(root, "title", said)
    add(root, "rect", width=f"{left + right:g}", height=f"{_HEIGHT}", rx="3", fill=_DARK)
    add(root, "path", d=f"M{left:g} 0h{right - 3:g}a3 3 0 0 1 3 3v14a3 3 0 0 1 -3 3h-{right - 3:g}z", fill=colour)
    group = add(root, "g", fill="#fff", font_family=_FONT, font_size="11", aria_hidden="true")
    for begins, shown in ((0.0, _LABEL), (left, line)):
        length = f"{len(shown) * _LETTER:g}"
        add(group, "text", shown, x=f"{begins + _SIDE:g}", y="14", textLength=length, lengthAdjust="spacingAndGlyphs")
    content: bytes = tostring(root, "utf-8")
    return content


def _width(shown: str) -> float:
    return round(len(shown) * _LETTER + 2 * _SIDE, 1)


def _count(validation: JsonObject, key: str) -> int:
    found = validation.get(key)
    return found if isinstance(found, int) and 0 <= found < 10**6 else 0
