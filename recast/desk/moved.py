"""What moved between two versions: the answers of one point that rest on different states of an analysis, side by side.

Nothing is averaged and nothing decided here: each pair of numbers is shown with its change, and a verdict that turned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from recast.desk.model import Answer
from recast.json_types import JsonDict, JsonObject, JsonValue, is_finite

__all__ = ["moved"]

_QUANTITIES = ("cls_obs", "cls_exp", "mu_ul_obs", "mu_ul_exp", "xsec_ul_obs_fb", "xsec_ul_exp_fb")
_MEDIAN = 2


def moved(answers: Sequence[Answer]) -> JsonDict | None:
    """Return how the newest answer of a point differs from the newest one of the same authority on another version.

    `answers` are those that a reader may see, the oldest first. None if there is no such pair.
    """
    if not answers:
        return None
    last = answers[-1]
    before = next((it for it in reversed(answers) if it.digest != last.digest and it.authority == last.authority), None)
    if before is None:
        return None
    return {
        "from": _whose(before),
        "to": _whose(last),
        "reason": [before.reason, last.reason],
        "limits": [change for pair in _pairs(before, last) for change in _changes(*pair)],
    }


def _whose(answer: Answer) -> JsonDict:
    return {"answer": answer.id, "version": answer.version, "digest": answer.digest, "run": answer.run}


def _pairs(before: Answer, after: Answer) -> Iterator[tuple[JsonObject, JsonObject]]:
    """Yield the limits of the same name for the same region or signal; a point has few of them."""
    theirs = [_limit for _limit in before.results if _limit.get("type") == "limit"]
    for limit in after.results:
        if limit.get("type") == "limit":
            same = next((it for it in theirs if _key(it) == _key(limit)), None)
            if same is not None:
                yield same, limit


def _key(limit: JsonObject) -> tuple[JsonValue, ...]:
    point: JsonObject = limit.get("point") or {}
    return (limit.get("name"), point.get("name"), point.get("region"))


def _changes(before: JsonObject, after: JsonObject) -> Iterator[JsonDict]:
    named = {"result": after.get("name"), "point": (after.get("point") or {}).get("name")}
    for quantity in _QUANTITIES:
        one, other = _number(before.get(quantity)), _number(after.get(quantity))
        if one is not None and other is not None and one != other:
            change = (other - one) / abs(one) if one else None
            relative = change if is_finite(change) else None
            yield {**named, "quantity": quantity, "before": one, "after": other, "relative": relative}
    if before.get("excluded") != after.get("excluded"):
        verdicts = {"before": before.get("excluded"), "after": after.get("excluded")}
        yield {**named, "quantity": "excluded", **verdicts, "relative": None}


def _number(value: JsonValue) -> float | None:
    """Return a number, the median of a band, or None."""
    if isinstance(value, (list, tuple)):
        value = value[_MEDIAN] if len(value) > _MEDIAN else None
    return float(value) if is_finite(value) else None
