"""Points and their answers as a page shows them: side by side, each with its authority, its verdict and its numbers."""

from __future__ import annotations

from recast.json_types import JsonDict, JsonObject
from recast.results.numbers import band, short
from recast.results.verdict import verdict
from recast.service.pages.shape import compact, items_of, mapping, text
from recast.service.pages.words import ANSWER_STATES, POINT_STATES, RESULT_TYPES

__all__ = ["shown_point"]

_MOST_COORDINATES, _MOST_ANSWERS, _MOST_RESULTS, _MOST_REGIONS, _MOST_CHANGES = 12, 6, 4, 12, 8
_LONGEST_REASON, _LONGEST_VALUE = 500, 80
_BOUNDS = (
    ("Upper limit on μ", "mu_ul", ""),
    ("Upper limit on the cross section (fb)", "xsec_ul", "_fb"),
)


def shown_point(point: JsonObject) -> JsonDict:
    """Return what a page shows of a point in the document of a request."""
    state, answers = text(point.get("state")), items_of(point.get("answers"))
    return {
        "id": text(point.get("id"), 20),
        "coordinates": _named(mapping(point.get("coordinates"))),
        "inputs": _named(mapping(point.get("inputs"))),
        "state": state,
        "state_words": POINT_STATES.get(state, state),
        "reason": text(point.get("reason"), _LONGEST_REASON),
        "answers": [_answer(it) for it in answers[:_MOST_ANSWERS]],
        "more": max(0, len(answers) - _MOST_ANSWERS),
        "moved": _moved(mapping(point.get("moved"))),
    }


def _named(values: JsonObject) -> list[tuple[str, str]]:
    """Return names and values, and how many more there are in place of a last one."""
    found = [
        (text(name, 60), compact(value, _LONGEST_VALUE)) for name, value in list(values.items())[:_MOST_COORDINATES]
    ]
    more = len(values) - _MOST_COORDINATES
    return [*found, ("…", f"and {more} more")] if more > 0 else found


def _answer(answer: JsonObject) -> JsonDict:
    state = text(answer.get("state"))
    results = items_of(answer.get("results"))
    return {
        "id": text(answer.get("id"), 20),
        "authority": text(answer.get("authority"), 40),
        "state": state,
        "state_words": ANSWER_STATES.get(state, state),
        "analysis": text(answer.get("analysis"), 200),
        "version": text(answer.get("version"), 80),
        "at": text(answer.get("at"), 40),
        "reviewer": text(answer.get("reviewer"), 200),
        "withheld": answer.get("withheld") is True,
        "reason": text(answer.get("reason"), _LONGEST_REASON),
        "caveat": text(answer.get("caveat"), _LONGEST_REASON),
        "released": state == "released" and bool(answer.get("statement")),
        "results": [_result(it) for it in results[:_MOST_RESULTS]],
        "more": max(0, len(results) - _MOST_RESULTS),
    }


def _result(result: JsonObject) -> JsonDict:
    kind = text(result.get("type"), 40)
    return {
        "name": text(result.get("name"), 100),
        "type": RESULT_TYPES.get(kind, kind),
        "verdict": _verdict(result) if kind == "limit" else "",
        "numbers": list(_numbers(result)) if kind == "limit" else [],
        "regions": _regions(result) if kind == "yields" else [],
    }


def _verdict(limit: JsonObject) -> str:
    """Return the sentence that says whether a point is excluded; the one that came with it, if there is one."""
    if said := text(limit.get("verdict"), _LONGEST_REASON):
        return said
    try:
        return verdict(limit)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):  # numbers are missing that make a verdict
        return "No verdict: the limit has no numbers that decide."


def _numbers(limit: JsonObject) -> list[tuple[str, str]]:
    """Return the upper limits with their bands; CLs are in the verdict."""
    found = []
    for words, key, unit in _BOUNDS:
        observed, expected = limit.get(f"{key}_obs{unit}"), limit.get(f"{key}_exp{unit}")
        try:
            told = [f"observed {short(observed)}"] if observed is not None else []
            told += [f"expected {band(expected)}"] if expected else []
        except (IndexError, KeyError, TypeError, ValueError):  # no numbers
            told = [compact([observed, expected], 200)]
        if told:
            found.append((words, ", ".join(told)))
    return found


def _regions(result: JsonObject) -> list[JsonDict]:
    keys = ("region", "observed", "background", "background_error", "signal", "signal_error")
    return [{key: text(it.get(key), 60) for key in keys} for it in items_of(result.get("regions"))[:_MOST_REGIONS]]


def _moved(change: JsonObject) -> JsonDict | None:
    """Return what changed between the versions that a point was answered with, None if nothing can be compared."""
    if not change:
        return None
    limits = items_of(change.get("limits"))
    return {
        "before": text(mapping(change.get("from")).get("version"), 80),
        "after": text(mapping(change.get("to")).get("version"), 80),
        "limits": [
            {
                "quantity": text(it.get("quantity"), 40),
                "before": compact(it.get("before"), 40),
                "after": compact(it.get("after"), 40),
                "relative": _percent(it.get("relative")),
            }
            for it in limits[:_MOST_CHANGES]
        ],
    }


def _percent(change: object) -> str:
    return f"{change:+.1%}" if isinstance(change, float) else ""
