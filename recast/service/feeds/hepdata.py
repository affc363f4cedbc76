"""The list of analyses as HEPData reads it from reinterpretation tools (its analyses schema, 1.0.0). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from recast._version import __version__
from recast.json_types import JsonDict, JsonObject, JsonValue
from recast.service.pages.shape import text

__all__ = ["listed"]

_SCHEMA = "1.0.0"
_NUMBER = re.compile(r"[1-9]\d{0,11}")


def listed(base: str, lines: Iterable[JsonObject], date: str) -> JsonDict:
    """Return the document: the analyses with a number of INSPIRE, under it, which are not withdrawn.

    `base` is how the outside reaches the service, `date` when the catalogue changed last. The schema asks for at least
    one analysis, so a catalogue without any has no valid document.
    """
    by_number: dict[int, list[JsonDict]] = {}
    titles: dict[int, str] = {}
    for it in lines:
        number = _inspire(it.get("inspire"))
        if number is None or it.get("status") == "withdrawn":
            continue
        name = text(it.get("analysis"), 200)
        by_number.setdefault(number, []).append({"name": name, "path": f"analyses/{name}"})
        titles.setdefault(number, text(it.get("title"), 400))
    return {
        "schema_version": _SCHEMA,
        "tool": "RECAST",
        "version": __version__,
        "date_created": date,
        "implementations_description": "RECAST analysis",
        "url_templates": {"main_url": f"{base}/analyses/{{name}}", "val_url": f"{base}/analyses/{{name}}#validation"},
        "analyses": [
            {"inspire_id": number, "pretty_name": titles[number], "implementations": found}
            for number, found in sorted(by_number.items())
        ],
    }


def _inspire(value: JsonValue) -> int | None:
    written = text(value, 20)
    return int(written) if _NUMBER.fullmatch(written) else None
