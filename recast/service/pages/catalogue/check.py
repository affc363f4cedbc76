"""The answer to "which search could see this point?" as pages show it: who takes it, which clause says no."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from recast.json_types import JsonDict, JsonObject
from recast.results.numbers import band, short
from recast.service.pages.links import query
from recast.service.pages.shape import compact, items_of, mapping, text

__all__ = ["KINDS", "shown_check"]

KINDS = {
    "masses": "masses",
    "table": "a table of points",
    "points": "points",
    "request": "a request",
    "slha": "an SLHA spectrum",
    "lhe": "LHE events",
    "hepmc": "HepMC events",
    "pyhf": "a pyhf document",
    "words": "words",
}
_MOST_YES, _MOST_NO, _MOST_CLAUSES, _MOST_NEAR, _MOST_FAULTS, _MOST_UNCOVERED = 12, 30, 4, 3, 50, 20
_LONGEST = 400
_CLAUSES = {
    "inputs": "inputs",
    "production": "production",
    "decays": "decays",
    "lifetime": "lifetimes",
    "masses": "masses",
    "rate": "rate",
    "validity": "validity",
    "declaration": "declaration",
}


def shown_check(found: JsonObject, analysis: str, base: str) -> JsonDict:
    """Return what a page shows of a check; `analysis` is the one that was asked about, if it was one."""
    searches = [_search(it, base) for it in items_of(found.get("searches"))]
    chosen = next((it for it in searches if it["name"] == analysis), None) if analysis else None
    others = [it for it in searches if it is not chosen]
    takes, rest = [it for it in others if it["takes"]], [it for it in others if not it["takes"]]
    read = mapping(found.get("read"))
    faults, uncovered = items_of(found.get("faults")), items_of(found.get("uncovered"))
    return {
        "read": KINDS.get(text(read.get("kind")), ""),
        "notes": [text(it, _LONGEST) for it in read.get("notes") or ()][:_MOST_FAULTS],
        "chosen": chosen,
        "takes": takes[:_MOST_YES],
        "more_takes": max(0, len(takes) - _MOST_YES),
        "rest": rest[:_MOST_NO],
        "more_rest": max(0, len(rest) - _MOST_NO),
        "searched": len(searches),
        "faults": [_fault(it) for it in faults[:_MOST_FAULTS]],
        "more_faults": max(0, len(faults) - _MOST_FAULTS),
        "uncovered": [_uncovered(it) for it in uncovered[:_MOST_UNCOVERED]],
        "more_uncovered": max(0, len(uncovered) - _MOST_UNCOVERED),
        "nearest": [*_near(found.get("nearest"), base)],
        "cost": text(mapping(found.get("cost")).get("words"), _LONGEST),
    }


def _search(it: JsonObject, base: str) -> JsonDict:
    name = text(it.get("analysis"), 200)
    points, takes, outside, unknown = (_number(it, key) for key in ("points", "takes", "outside", "unknown"))
    clauses = items_of(it.get("clauses"))
    return {
        "name": name,
        "title": text(it.get("title"), 400) or name,
        "version": text(it.get("version"), 80),
        "address": f"{base}/analyses/{quote(name)}",
        "ask": query(f"{base}/requests/new", {"analysis": name}),
        "takes": takes + outside > 0,
        "words": _words(points, takes, outside, unknown),
        "mark": "good" if takes else "care" if outside or unknown else "bad",
        "clauses": [_clause(one, points) for one in clauses[:_MOST_CLAUSES]],
        "more": max(0, len(clauses) - _MOST_CLAUSES),
        "cost": text(mapping(it.get("cost")).get("words"), _LONGEST),
        "nearest": [*_near(it.get("nearest"), base)],
        "command": text(it.get("next"), _LONGEST),
    }


def _number(it: JsonObject, key: str) -> int:
    found = it.get(key)
    return found if isinstance(found, int) else 0


def _words(points: int, takes: int, outside: int, unknown: int) -> str:
    if points == 1:
        return "takes it" if takes else "outside" if outside else "cannot say" if unknown else "does not take it"
    parts = [f"takes {takes} of {points}"]
    parts += [f"{outside} outside of where it was validated"] * bool(outside)
    parts += [f"cannot say of {unknown}"] * bool(unknown)
    return ", ".join(parts)


def _clause(it: JsonObject, points: int) -> JsonDict:
    number = _number(it, "points")
    name = text(it.get("clause"), 40)
    return {
        "name": _CLAUSES.get(name, name),
        "why": text(it.get("why"), _LONGEST),
        "warns": it.get("says") == "warns",
        "of": f"{number} of {points}" if points > 1 else "",
    }


def _near(found: object, base: str) -> Iterator[JsonDict]:
    """Yield the nearest released answers, those of each point in turn, each with its numbers in words."""
    for point in items_of(found)[:_MOST_NEAR]:
        for it in items_of(point.get("answers"))[:_MOST_NEAR]:
            coordinates = mapping(it.get("coordinates"))
            yield {
                "point": text(point.get("point"), 20),
                "coordinates": ", ".join(
                    f"{name} {compact(value, 40)}" for name, value in list(coordinates.items())[:8]
                ),
                "numbers": _cls(it),
                "verdict": text(it.get("verdict"), _LONGEST),
                "authority": text(it.get("authority"), 40),
                "caveat": text(it.get("caveat"), _LONGEST),
                "address": f"{base}/requests/{quote(text(it.get('request'), 60))}",
            }


def _cls(it: JsonObject) -> str:
    try:
        told = [f"observed {short(it['cls_obs'])}"] if it.get("cls_obs") is not None else []
        told += [f"expected {band(it['cls_exp'])}"] if it.get("cls_exp") else []
    except (IndexError, KeyError, TypeError, ValueError):  # no numbers
        return ""
    return f"CLs {', '.join(told)}" if told else ""


def _fault(it: JsonObject) -> JsonDict:
    keys = (("point", 20), ("where", 200), ("what", _LONGEST), ("why", _LONGEST), ("next", _LONGEST))
    found = {key: text(it.get(key), most) for key, most in keys}
    return {**found, "where": found["where"].lstrip("/").replace("/", " ")}


def _uncovered(it: JsonObject) -> JsonDict:
    coordinates, closest = mapping(it.get("coordinates")), mapping(it.get("closest"))
    return {
        "point": text(it.get("point"), 20),
        "coordinates": ", ".join(f"{name} {compact(value, 40)}" for name, value in list(coordinates.items())[:8]),
        "closest": text(closest.get("analysis"), 200),
        "why": text(it.get("why"), _LONGEST),
    }
