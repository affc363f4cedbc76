"""One point as a page shows it: each answer with its verdict, its numbers with their units, and what they rest on."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from recast.charts import Figure
from recast.json_types import JsonDict, JsonObject, JsonValue, is_finite
from recast.results.numbers import cls_text, convention_words, least_cls, short
from recast.service.answers.figures import figures_of_answer
from recast.service.pages.answers.drawings import drawn
from recast.service.pages.request.answers import shown_point
from recast.service.pages.shape import compact, items_of, mapping, text
from recast.service.pages.words import AUTHORITIES

__all__ = ["shown_one"]

_MOST_LIMITS, _MOST_ROWS, _MOST_TABLES, _MOST_FILES, _MOST_NOTES = 60, 60, 6, 20, 20
_BANDS = (
    ("cls", "CLs at μ = 1", "", ""),
    ("mu_ul", "Upper limit on μ at 95% CL", "", ""),
    ("xsec_ul", "Upper limit on the cross section at 95% CL", "_fb", "fb"),
)
_OF_A_BAND = 5


def shown_one(document: JsonObject, request: str, api: str) -> JsonDict:
    """Return what the page of a point shows; `request` is the path of the request, `api` that of its document."""
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
        "told": [{**about, **_answer(it, request, api)} for about, it in zip(listed["answers"], answers, strict=False)],
    }


def _beside(path: str, name: JsonValue) -> str:
    return f"{path}/{quote(text(name, 20))}" if name else ""


def _answer(answer: JsonObject, request: str, api: str) -> JsonDict:
    limits = items_of(answer.get("limits"))
    at = answer.get("best")
    best = limits[at] if isinstance(at, int) and at < len(limits) else None
    rows = [row for it in limits[:_MOST_LIMITS] for row in _bands(it, len(limits) > 1, it is best)]
    return {
        "evidence": f"{request}/answers/{quote(text(answer.get('id'), 20))}",
        "stands": AUTHORITIES.get(text(answer.get("authority")), ""),
        "verdict": text(best.get("verdict"), 600) if best else "",
        "excluded": best.get("excluded") if best else None,
        "best": text(_region(best), 80) if best and len(limits) > 1 else "",
        "limits_in_all": len(limits),
        "how": text(answer.get("how_chosen")),
        "bands": rows,
        "has_published": any(row["published"] for row in rows),
        "more_limits": max(0, len(limits) - _MOST_LIMITS),
        "said": list(dict.fromkeys(words for it in limits[:_MOST_LIMITS] for words in _said(it)))[:_MOST_NOTES],
        "drawings": [_drawn(name, figure, answer, api) for name, figure in figures_of_answer(answer)],
        "efficiencies": [_rows(it) for it in items_of(answer.get("efficiencies"))[:_MOST_TABLES]],
        "tables": [_table(it) for it in items_of(answer.get("tables"))[:_MOST_TABLES]],
        "files": [_title(it) for it in items_of(answer.get("files"))[:_MOST_FILES]],
    }


def _title(result: JsonObject) -> str:
    return text(result.get("title"), 200) or text(result.get("name"), 100) or "A result without a name"


def _column(it: JsonObject) -> str:
    unit = text(it.get("unit"), 20)
    return f"{text(it.get('name'), 60)} [{unit}]" if unit else text(it.get("name"), 60)


def _region(limit: JsonObject) -> str:
    point = mapping(limit.get("point"))
    return text(point.get("region")) or text(point.get("name")) or text(limit.get("name"))


def _drawn(name: str, figure: Figure, answer: JsonObject, api: str) -> JsonDict:
    id_ = text(answer.get("id"), 20)
    path = f"{api}/answers/{quote(id_)}/charts/{quote(name)}"
    files = [(form.upper(), f"{path}.{form}") for form in ("svg", "png", "pdf")]
    return {"drawing": drawn(f"{id_}-{name}", figure), "files": files, "kind": name.partition("-")[0]}


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
        toys = f"CLs from {limit['toys']:g} pseudo-experiments a hypothesis"
        yield f"{toys}: values below {least_cls(limit):.1g} are bounds."
    edges = limit.get("cls_obs_mc")
    if isinstance(edges, list) and len(edges) == 2 and all(map(is_finite, edges)):
        low, high = sorted(edges)
        ends = " and ".join(cls_text(it, least_cls(limit)) for it in (low, high))
        yield f"The signal's Monte Carlo error moves the observed CLs between {ends}."
    if source := text(mapping(limit.get("published")).get("source"), 500):
        yield f"Published values: {source}."
    for note in limit.get("notes") or ():
        yield text(note, 500)


def _rows(result: JsonObject) -> JsonDict:
    """Return an efficiency of regions as a table."""
    rows = [
        (text(it.get("region"), 60), _plain(it.get("efficiency")), _plain(it.get("error")))
        for it in items_of(result.get("regions"))[:_MOST_ROWS]
    ]
    columns = ("Region", "Efficiency", "Error")
    return {"name": _title(result), "columns": columns, "rows": rows, "more": 0}


def _table(result: JsonObject) -> JsonDict:
    columns = items_of(result.get("columns"))[:12]
    found = result.get("rows")
    rows = found if isinstance(found, list) else []
    return {
        "name": _title(result),
        "columns": list(map(_column, columns)),
        "rows": [list(map(_plain, row[: len(columns)])) for row in rows[:_MOST_ROWS] if isinstance(row, list)],
        "more": max(0, len(rows) - _MOST_ROWS),
    }


def _plain(value: JsonValue) -> str:
    if isinstance(value, bool) or not isinstance(value, float):
        return "" if value is None else compact(value, 80)
    return short(value) if is_finite(value) else ""
