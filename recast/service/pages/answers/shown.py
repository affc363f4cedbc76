"""The answers of a request as a page shows them: whose, on which axes, and a table that sorts and filters by links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from recast.json_types import JsonDict, JsonObject, JsonValue, is_finite
from recast.results.numbers import cls_text, convention_words, least_cls, short
from recast.service.answers.figures import quantities_of
from recast.service.pages.links import query
from recast.service.pages.shape import compact, cut, items_of, mapping, text
from recast.service.pages.words import AUTHORITIES, REQUEST_STATES

__all__ = ["VERDICT_WORDS", "Here", "shown_answers", "value_text", "verdict_text"]

VERDICT_WORDS = {
    "excluded": "excluded",
    "allowed": "not excluded",
    "undecided": "no verdict",
    "none": "no limit",
    "failed": "no answer",
    "withheld": "answered, not released yet",
    "waiting": "waits for an answer",
}
_QUANTITIES = {"cls": "CLs", "mu": "upper limit on μ", "xsec": "upper limit on the cross section"}
_NUMBERS = {
    "cls_obs": "CLs observed",
    "cls_exp": "CLs expected",
    "mu_ul_obs": "Upper limit on μ",
    "mu_ul_exp": "Expected limit on μ",
    "xsec_ul_obs_fb": "Upper limit on σ [fb]",
    "xsec_ul_exp_fb": "Expected limit on σ [fb]",
}
_MOST_COORDINATES = 5
_MIDDLE = 2


@dataclass(frozen=True, slots=True)
class Here:
    """Where the page is: its path, and what is asked for in its address; the rest of an address follows from them."""

    base: str
    path: str
    wanted: Mapping[str, str]

    def at(self, **other: str) -> str:
        """Return the address of the same page with something else asked for; it begins with the first rows again."""
        return query(self.path, {**self.wanted, "cursor": ""}, **other)

    def kept(self, *others: str) -> list[tuple[str, str]]:
        """Return what a form keeps that asks for other things."""
        return [(name, value) for name, value in self.wanted.items() if value and name not in (*others, "cursor")]


def shown_answers(document: JsonObject, here: Here) -> JsonDict:
    """Return what the page shows of a document of answers, but for its charts."""
    items, state = items_of(document.get("items")), text(document.get("state"))
    versions = [text(it.get("version"), 80) for it in items_of(document.get("versions"))[:8]]
    names = _coordinates(items)
    numbers = [key for key in _NUMBERS if any(_has(it, key) for it in items)]
    return {
        "id": text(document.get("id"), 60),
        "title": text(document.get("title"), 300) or "A request without a title",
        "state_words": REQUEST_STATES.get(state, state),
        "analysis": text(document.get("analysis")),
        "version": text(document.get("version"), 80),
        "authority": text(document.get("authority"), 40),
        "authority_words": AUTHORITIES.get(text(document.get("authority")), ""),
        "authorities": [_authority(it, document, here) for it in items_of(document.get("authorities"))],
        "versions": versions,
        "verdicts": [_verdict(name, number, here) for name, number in mapping(document.get("verdicts")).items()],
        "all_verdicts": here.at(verdict="") if here.wanted.get("verdict") else "",
        "axes": _axes(document),
        "numbers": [text(it, 100) for it in document.get("numbers") or ()],
        "quantities": _quantities(document, here),
        "why": text(document.get("why"), 400),
        "columns": [_column(name, words, here) for name, words in _heads(names, numbers)],
        "rows": [_row(it, names, numbers, here, several=len(versions) > 1) for it in items],
        "total": document.get("total"),
        "first": here.at() if here.wanted.get("cursor") else "",
        "after": here.at(cursor=text(document.get("next"), 9)) if document.get("next") else "",
        "q": here.wanted.get("q", ""),
        "kept": here.kept("q"),
        "kept_axes": here.kept("x", "y"),
    }


def value_text(key: str, value: JsonValue, limit: JsonObject) -> str:
    """Return a number of a limit: a CLs that is too small to mean anything is a bound."""
    if not is_finite(value):
        return ""
    return cls_text(value, least_cls(limit)) if key.startswith("cls") else short(value)


def verdict_text(name: str) -> str:
    """Return what is said of a point."""
    return VERDICT_WORDS.get(name, name)


def _authority(it: JsonObject, document: JsonObject, here: Here) -> JsonDict:
    name = text(it.get("authority"), 40)
    return {
        "name": name,
        "points": it.get("points"),
        "chosen": name == document.get("authority"),
        "address": here.at(authority=name),
    }


def _quantities(document: JsonObject, here: Here) -> list[tuple[str, str, bool]]:
    """Return what can be drawn along one axis: words, address, and whether it is what is drawn."""
    found = quantities_of(document)
    drawn = here.wanted.get("quantity") or next(iter(found), "")
    return [(_QUANTITIES[name], here.at(quantity=name), name == drawn) for name in found]


def _verdict(name: str, number: JsonValue, here: Here) -> JsonDict:
    return {
        "words": verdict_text(name),
        "number": number,
        "chosen": here.wanted.get("verdict") == name,
        "address": here.at(verdict=name),
    }


def _axes(document: JsonObject) -> list[str]:
    found = [text(it, 100) for it in document.get("axes") or ()][:2]
    return [*found, *[""] * (2 - len(found))]


def _coordinates(items: list[JsonDict]) -> list[str]:
    """Return the coordinates that have columns: those that the request named, else those of the limits."""
    named = dict.fromkeys(name for it in items for name in mapping(it.get("coordinates")))
    others = dict.fromkeys(name for it in items for name in mapping(mapping(it.get("limit")).get("point")))
    return list(named or others)[:_MOST_COORDINATES]


def _has(item: JsonObject, key: str) -> bool:
    return mapping(item.get("limit")).get(key) is not None


def _heads(names: list[str], numbers: list[str]) -> list[tuple[str, str]]:
    return [
        ("point", "Point"),
        *((name, name) for name in names),
        ("verdict", "Verdict"),
        *((key, _NUMBERS[key]) for key in numbers),
        ("", "Answer"),
    ]


def _column(name: str, words: str, here: Here) -> JsonDict:
    """Return the head of a column: its link sorts by it, or the other way round if it is sorted by it already."""
    sort = here.wanted.get("sort", "")
    turned = {name: f"-{name}", f"-{name}": name}.get(sort, name)
    order = {name: "ascending", f"-{name}": "descending"}.get(sort, "") if name else ""
    number = name not in ("", "point", "verdict")
    return {"words": cut(words, 60), "number": number, "order": order, "address": here.at(sort=turned) if name else ""}


def _row(item: JsonObject, names: list[str], numbers: list[str], here: Here, *, several: bool) -> JsonDict:
    """Return the row of a point; `several` versions are behind the answers, so that each says its own."""
    limit = mapping(item.get("limit"))
    where = {**mapping(limit.get("point")), **mapping(item.get("coordinates"))}
    request = here.path.rpartition("/")[0]
    point, answer = text(item.get("point"), 20), text(item.get("answer"), 20)
    verdict = text(item.get("verdict"), 20)
    regions = item.get("limits")
    return {
        "point": point,
        "address": f"{request}/points/{quote(point)}",
        "coordinates": [(name, compact(where[name], 60) if name in where else "") for name in names],
        "verdict": verdict_text(verdict),
        "kind": verdict,
        "region": text(mapping(limit.get("point")).get("region"), 60) if is_finite(regions) and regions > 1 else "",
        "reason": text(item.get("reason"), 160),
        "undecided": text(limit.get("undecided"), 160),
        "numbers": [(_NUMBERS[key], value_text(key, _number(limit, key), limit)) for key in numbers],
        "answer": answer,
        "evidence": f"{request}/answers/{quote(answer)}" if answer else "",
        "about": _about(item, several),
        "caveat": text(item.get("caveat"), 300),
        "convention": convention_words(limit) if limit.get("cls_exp") else "",
    }


def _about(item: JsonObject, several: bool) -> str:
    """Return what distinguishes an answer: its version, and its state as long as it is not released."""
    state = text(item.get("answer_state"), 20)
    said = (text(item.get("version"), 40) if several else "", state if state != "released" else "")
    return ", ".join(filter(None, said))


def _number(limit: JsonObject, key: str) -> JsonValue:
    """Return an observed value, or the median of an expected one."""
    found = limit.get(key)
    if isinstance(found, (list, tuple)):
        return found[_MIDDLE] if len(found) > _MIDDLE else None
    return found
