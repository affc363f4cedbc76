"""One point as a page shows it: each answer with its verdict, its numbers with their units, and what they rest on."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from recast.json_types import JsonDict, JsonObject, JsonValue, is_finite
from recast.results.numbers import cls_text, convention_words, least_cls, short
from recast.service.answers.figures import figures_of_answer
from recast.service.pages.answers.drawings import drawn
from recast.service.pages.request.answers import shown_point
from recast.service.pages.shape import compact, items_of, mapping, text
from recast.service.pages.words import AUTHORITIES

__all__ = ["shown_one"]

_MOST_LIMITS, _MOST_ROWS, _MOST_TABLES, _MOST_FILES, _MOST_NOTES = 60, 60, 6, 20, 20
_BANDS = (("cls", "CLs at μ = 1", "", ""), ("mu_ul", "Upper limit on μ at 95% CL", "", ""), ("xsec_ul", "Upper limit on the cross section at 95% CL", "_fb", "fb"))  # fmt: skip
_OF_A_BAND = 5


def shown_one(document: JsonObject, request: str) -> JsonDict:
    """Return what the page of a point shows; `request` is the path of the request."""
    listed = shown_point({**document, "id": document.get("point"), "state": document.get("point_state")})
    answers = items_of(document.get("answers"))
    path = f"{request}/points"
    return {
        **listed,
        "path": request,
        "request": text(document.get("id"), 60),
        "title": text(document.get("title"), 300) or "A request without a title",
        "analysis": text(document.get("analysis")),
        "before": _beside(path, document.get("before")),
        "after": _beside(path, document.get("after")),
        "told": [
            {**about, **_answer(it, request, text(document.get("point"), 20))}
            for about, it in zip(listed["answers"], answers, strict=False)
        ],
    }


def _beside(path: str, name: JsonValue) -> str:
    return f"{path}/{quote(text(name, 20))}" if name else ""


def _answer(answer: JsonObject, request: str, point: str) -> JsonDict:
    limits = items_of(answer.get("limits"))
    at = answer.get("best")
    best = limits[at] if isinstance(at, int) and at < len(limits) else None
    return {
        "evidence": f"{request}/answers/{quote(text(answer.get('id'), 20))}",
        "stands": AUTHORITIES.get(text(answer.get("authority")), ""),
        "verdict": text(best.get("verdict"), 600) if best else "",
        "excluded": best.get("excluded") if best else None,
        "best": text(_region(best), 80) if best and len(limits) > 1 else "",
        "limits_in_all": len(limits),
        "how": text(answer.get("how_chosen")),
        "bands": [row for it in limits[:_MOST_LIMITS] for row in _bands(it, len(limits) > 1, it is best)],
        "more_limits": max(0, len(limits) - _MOST_LIMITS),
        "said": list(dict.fromkeys(words for it in limits[:_MOST_LIMITS] for words in _said(it)))[:_MOST_NOTES],
        "drawings": [_drawn(name, figure, answer, request, point) for name, figure in figures_of_answer(answer)],
        "efficiencies": [_rows(it) for it in items_of(answer.get("efficiencies"))[:_MOST_TABLES]],
        "tables": [_table(it) for it in items_of(answer.get("tables"))[:_MOST_TABLES]],
        "files": [text(it.get("title"), 200) or text(it.get("name"), 100) for it in items_of(answer.get("files"))][:_MOST_FILES],
    }  # fmt: skip


def _region(limit: JsonObject) -> str:
    point = mapping(limit.get("point"))
    return text(point.get("region")) or text(point.get("name")) or text(limit.get("name"))


def _drawn(name: str, figure: object, answer: JsonObject, request: str, point: str) -> JsonDict:
    stem = f"{text(answer.get('id'), 20)}-{name}"
    path = f"{request.rpartition('/requests/')[0]}/api/v1/requests/{request.rpartition('/')[2]}"
    files = [(form.upper(), f"{path}/points/{quote(point)}/downloads/{quote(stem)}.{form}") for form in ("svg", "png", "pdf")]
    return {"drawing": drawn(stem, figure), "files": files, "kind": name.partition("-")[0]}  # type: ignore[arg-type]


def _bands(limit: JsonObject, several: bool, best: bool) -> Iterator[JsonDict]:
    """Yield a row of a table for each quantity of a limit: observed, expected at −2 to +2 sigma, published."""
    published = mapping(limit.get("published"))
    for key, words, unit, shown_unit in _BANDS:
        observed, expected = limit.get(f"{key}_obs{unit}"), limit.get(f"{key}_exp{unit}")
        band = expected if isinstance(expected, list) and len(expected) == _OF_A_BAND else [None] * _OF_A_BAND
        if observed is None and band[0] is None:
            continue
        yield {
            "of": text(_region(limit), 80) if several else "",
            "best": best and several,
            "words": words,
            "unit": shown_unit,
            "observed": _number(key, observed, limit),
            "expected": [_number(key, it, limit) for it in band],
            "published": _number(key, published.get(f"{key}_obs{unit}"), limit),
            "source": text(published.get("source"), 300),
        }


def _number(key: str, value: JsonValue, limit: JsonObject) -> str:
    if not is_finite(value):
        return ""
    return cls_text(value, least_cls(limit)) if key == "cls" else short(value)


def _said(limit: JsonObject) -> Iterator[str]:
    """Yield what a reader must know of the numbers: conventions, errors, pseudo-experiments, notes."""
    if any(limit.get(key) for key in ("cls_exp", "mu_ul_exp", "xsec_ul_exp_fb")):
        yield f"Expected values are for background only, at −2, −1, 0, +1 and +2 σ: {convention_words(limit)}."
    if is_finite(limit.get("toys")):
        yield f"CLs from {limit['toys']:g} pseudo-experiments a hypothesis: smaller values than {least_cls(limit):.1g} are bounds."
    edges = limit.get("cls_obs_mc")
    if isinstance(edges, list) and len(edges) == 2 and all(map(is_finite, edges)):
        low, high = sorted(edges)
        least = least_cls(limit)
        yield f"The signal's Monte Carlo error moves CLs observed between {cls_text(low, least)} and {cls_text(high, least)}."
    for note in limit.get("notes") or ():
        yield text(note, 500)


def _rows(result: JsonObject) -> JsonDict:
    """Return an efficiency of regions as a table."""
    rows = [
        (text(it.get("region"), 60), _plain(it.get("efficiency")), _plain(it.get("error")))
        for it in items_of(result.get("regions"))[:_MOST_ROWS]
    ]
    return {"name": text(result.get("name"), 100), "columns": ("Region", "Efficiency", "Error"), "rows": rows, "more": 0}


def _table(result: JsonObject) -> JsonDict:
    columns = items_of(result.get("columns"))[:12]
    found = result.get("rows")
    rows = found if isinstance(found, list) else []
    return {
        "name": text(result.get("title"), 200) or text(result.get("name"), 100),
        "columns": [f"{text(it.get('name'), 60)} [{text(it.get('unit'), 20)}]" if it.get("unit") else text(it.get("name"), 60) for it in columns],
        "rows": [[_plain(value) for value in row[: len(columns)]] for row in rows[:_MOST_ROWS] if isinstance(row, list)],
        "more": max(0, len(rows) - _MOST_ROWS),
    }  # fmt: skip


def _plain(value: JsonValue) -> str:
    if isinstance(value, bool) or not isinstance(value, float):
        return "" if value is None else compact(value, 80)
    return short(value) if is_finite(value) else ""
