"""Limits of any origin as limits that can be calculated with: numbers are finite or absent, texts are texts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from recast.charts.spots import sensitivity
from recast.json_types import JsonDict, JsonObject, JsonValue, is_finite
from recast.results.verdict import is_excluded, verdict

__all__ = ["BANDS", "OBSERVED", "best_of", "limits_of", "median", "plain_limit"]

OBSERVED = ("cls_obs", "mu_ul_obs", "xsec_ul_obs_fb")
BANDS = ("cls_exp", "mu_ul_exp", "xsec_ul_exp_fb")
_MEDIAN, _OF_A_BAND, _EDGES = 2, 5, 2
_LONGEST = 500
_MOST_NOTES, _MOST_COORDINATES = 20, 50


def limits_of(results: JsonValue) -> list[JsonDict]:
    """Return the limits among the results of an answer, in their order."""
    found = results if isinstance(results, (list, tuple)) else ()
    return [plain_limit(it) for it in found if isinstance(it, Mapping) and it.get("type") == "limit"]


def best_of(limits: Sequence[JsonDict]) -> JsonDict | None:
    """Return the limit with the best expected sensitivity, as `recast scan` chooses it; observed values never count."""
    return min(limits, key=sensitivity, default=None)


def median(band: JsonValue) -> float | None:
    """Return the middle one of five expected values, None for anything else."""
    return band[_MEDIAN] if isinstance(band, (list, tuple)) and len(band) == _OF_A_BAND else None


def plain_limit(found: JsonObject) -> JsonDict:
    """Return a limit with all keys that plots and tables rely on: what is no finite number is None."""
    point = found.get("point")
    limit: JsonDict = {
        "name": _text(found.get("name")),
        "point": dict(_coordinates(point)) if isinstance(point, Mapping) else {},
        **{key: _number(found.get(key)) for key in OBSERVED},
        **{key: _band(found.get(key)) for key in BANDS},
        "undecided": _text(found.get("undecided")),
        "expected_convention": _text(found.get("expected_convention")),
        "toys": _number(found.get("toys")),
        "notes": [text for note in _list(found.get("notes"))[:_MOST_NOTES] if (text := _text(note))],
        "published": _published(found.get("published")),
    }
    edges = [value for it in _list(found.get("cls_obs_mc"))[:2] if (value := _number(it)) is not None]
    limit |= {"cls_obs_mc": edges} if len(edges) == _EDGES else {}
    said = found.get("excluded")
    limit["excluded"] = said if isinstance(said, bool) and not limit["undecided"] else is_excluded(limit)
    limit["verdict"] = _text(found.get("verdict")) or _verdict(limit)
    return limit


def _verdict(limit: JsonObject) -> str:
    if limit["undecided"] or any(limit[key] is not None for key in OBSERVED):
        return verdict(limit)
    return "No verdict: the limit has no numbers that decide."


def _published(found: JsonValue) -> JsonDict:
    if not isinstance(found, Mapping):
        return {}
    numbers = {key: value for key in OBSERVED if (value := _number(found.get(key))) is not None}
    return {**numbers, "source": _text(found.get("source"))} if numbers else {}


def _coordinates(point: JsonObject) -> Iterator[tuple[str, JsonValue]]:
    """Yield what tells points apart: numbers that can be drawn, booleans and short texts."""
    for name, value in list(point.items())[:_MOST_COORDINATES]:
        if isinstance(value, bool) or is_finite(value):
            yield str(name)[:_LONGEST], value
        elif isinstance(value, str):
            yield str(name)[:_LONGEST], value[:_LONGEST]


def _number(value: JsonValue) -> float | None:
    return value if is_finite(value) else None


def _band(value: JsonValue) -> list[float] | None:
    found = _list(value)
    return list(found) if len(found) == _OF_A_BAND and all(map(is_finite, found)) else None


def _list(value: JsonValue) -> Sequence[JsonValue]:
    return value if isinstance(value, (list, tuple)) else ()


def _text(value: JsonValue) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""
