"""Split the names of our results, which contain units, into name and unit."""

from __future__ import annotations

from typing import Any

__all__ = ["MISSING", "cell", "named"]

MISSING = "-"
"""What HEPData shows for a missing value."""

_UNITS = {
    "ev": "EV",
    "kev": "KEV",
    "mev": "MEV",
    "gev": "GEV",
    "tev": "TEV",
    "fb": "FB",
    "pb": "PB",
    "mm": "MM",
    "ns": "NS",
}
_WORDS = {"xsec": "Cross section"}


def named(key: str) -> tuple[str, str]:
    """Return name and unit of a key: `m_chargino_gev` is (`m(chargino)`, `GEV`), `region` is (`region`, ``)."""
    stem, _, suffix = key.rpartition("_")
    unit = _UNITS.get(suffix, "") if stem else ""
    words = stem if unit else key
    if words in _WORDS:
        return _WORDS[words], unit
    head, _, rest = words.partition("_")
    return (f"m({rest.replace('_', ' ')})" if head == "m" and rest else words.replace("_", " ")), unit


def cell(value: Any) -> str | int | float:
    """Return the table cell for a value: numbers and texts unchanged, yes or no, `-` for a missing value."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, (int, float, str)) else str(value)
