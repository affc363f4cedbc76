"""The document of one point: its answers side by side, each with its results by kind and its most sensitive limit."""

from __future__ import annotations

from collections.abc import Mapping

from recast.json_types import JsonDict, JsonObject, JsonValue, is_not_finite
from recast.service.answers.document import ABOUT
from recast.service.answers.limits import BANDS, best_of, limits_of

__all__ = ["HOW_CHOSEN", "point_document"]

HOW_CHOSEN = {
    "cls_exp": "the smallest median expected CLs",
    "mu_ul_exp": "the smallest median expected upper limit on μ",
    "xsec_ul_exp_fb": "the smallest median expected upper limit on the cross section",
    "": "the first one: none has expected values",
}
"""Which limit of several stands for a point, in words, by what it was chosen by; observed values are never used."""

_KINDS = {"yields": "yields", "cutflow": "cutflows", "efficiency": "efficiencies", "table": "tables"}


def point_document(request: JsonObject, name: str) -> JsonDict | None:
    """Return the point of this id in the document of a request, None if it has none."""
    points = request["points"]
    at = next((at for at, it in enumerate(points) if it["id"] == name), None)
    if at is None:
        return None
    point = points[at]
    return {
        **{key: request.get(key) for key in ABOUT},
        "point": point["id"],
        "before": points[at - 1]["id"] if at else "",
        "after": points[at + 1]["id"] if at + 1 < len(points) else "",
        "coordinates": _finite(point["coordinates"]),
        "inputs": _finite(point["inputs"]),
        "point_state": point["state"],
        "reason": point["reason"],
        "answers": [_answer(it) for it in point["answers"]],
        "moved": point["moved"],
    }


def _answer(answer: JsonObject) -> JsonDict:
    """Return an answer with its results by kind; the limits are complete, and numbers that are none are null."""
    results = [_finite(it) for it in answer["results"] if isinstance(it, Mapping)]
    limits = limits_of(results)
    best = best_of(limits)
    chosen_by = next((key for key in BANDS if best is not None and best[key]), "")
    told = {key: value for key, value in answer.items() if key != "results"}
    return {
        **told,
        "best": limits.index(best) if best is not None else None,
        "chosen_by": chosen_by,
        "how_chosen": HOW_CHOSEN[chosen_by] if len(limits) > 1 else "",
        "limits": limits,
        **{key: [it for it in results if it.get("type") == kind] for kind, key in _KINDS.items()},
        "files": [_about_file(it) for it in results if it.get("type") in ("file", "plot")],
    }


def _about_file(result: JsonObject) -> JsonDict:
    """Return what is told of a file among the results: it is in the run, and a run tells its steps."""
    return {key: result.get(key) for key in ("name", "title", "type")}


def _finite(value: JsonValue) -> JsonValue:
    """Return a value with null for each number that cannot be calculated with."""
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if is_not_finite(value) else value
