"""Several requests and versions point by point, as a page shows them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from recast.json_types import JsonDict, JsonObject, JsonValue, is_finite
from recast.results.numbers import cls_text, short
from recast.service.pages.shape import compact, items_of, mapping, text

__all__ = ["QUANTITIES", "compared_query", "shown_compared"]

QUANTITIES = {
    "cls_obs": "CLs observed",
    "cls_exp": "CLs expected",
    "mu_ul_obs": "Upper limit on μ, observed",
    "mu_ul_exp": "Upper limit on μ, expected",
    "xsec_ul_obs_fb": "Upper limit on σ, observed [fb]",
    "xsec_ul_exp_fb": "Upper limit on σ, expected [fb]",
}
_VERDICTS = {True: "excluded", False: "not excluded", None: "no verdict"}


def compared_query(path: str, requests: Sequence[str], **other: str) -> str:
    """Return the address of a comparison: the requests, and what else is asked for."""
    asked = [("with", it) for it in requests] + [(key, value) for key, value in other.items() if value]
    return f"{path}?{urlencode(asked)}" if asked else path


def shown_compared(document: JsonObject, base: str, path: str, wanted: dict[str, str]) -> JsonDict:
    """Return what the page of a comparison shows; `wanted` is what its address asks for besides the requests."""
    items, columns = items_of(document.get("items")), items_of(document.get("columns"))
    names = [text(it.get("id"), 60) for it in items_of(document.get("requests"))]
    known = [key for key in QUANTITIES if any(key in mapping(cell) for it in items for cell in it.get("cells") or ())]
    quantity = wanted.get("quantity", "") if wanted.get("quantity") in known else next(iter(known), "")

    def at(**other: str) -> str:
        return compared_query(path, names, **{**wanted, "cursor": "", **other})

    coordinates = [text(it, 100) for it in document.get("coordinates") or ()]
    return {
        "requests": [_request(it, base, path, names) for it in items_of(document.get("requests"))],
        "names": names,
        "columns": [_column(it, base) for it in columns],
        "more_columns": document.get("more_columns"),
        "why": text(document.get("why"), 300),
        "coordinates": coordinates,
        "quantity": QUANTITIES.get(quantity, ""),
        "quantities": [(QUANTITIES[key], at(quantity=key), key == quantity) for key in known],
        "turned": document.get("turned"),
        "only_turned": wanted.get("verdict") == "turned",
        "turned_address": at(verdict="turned"),
        "all_address": at(verdict=""),
        "coincide": document.get("coincide"),
        "alone": document.get("alone"),
        "rows": [_row(it, coordinates, quantity, base) for it in items],
        "total": document.get("total"),
        "first": at() if wanted.get("cursor") else "",
        "after": at(cursor=text(document.get("next"), 9)) if document.get("next") else "",
    }


def _request(it: JsonObject, base: str, path: str, names: Sequence[str]) -> JsonDict:
    name = text(it.get("id"), 60)
    others = [other for other in names if other != name]
    return {
        "id": name,
        "title": text(it.get("title"), 200) or "A request without a title",
        "address": f"{base}/requests/{quote(name)}/answers",
        "without": compared_query(path, others) if others else "",
    }


def _column(it: JsonObject, base: str) -> JsonDict:
    request = text(it.get("request"), 60)
    return {
        "request": request,
        "address": f"{base}/requests/{quote(request)}/answers",
        "about": " ".join(filter(None, (text(it.get("analysis"), 80), text(it.get("version"), 40)))),
        "authority": text(it.get("authority"), 40),
    }


def _row(it: JsonObject, names: Sequence[str], quantity: str, base: str) -> JsonDict:
    where = mapping(it.get("at"))
    cells, changes = it.get("cells") or (), it.get("differences") or ()
    return {
        "at": [compact(_plain(where.get(name)), 60) for name in names],
        "turned": it.get("turned") is True,
        "cells": [_cell(cell, change, quantity, base) for cell, change in zip(cells, changes, strict=False)],
    }


def _plain(value: JsonValue) -> JsonValue:
    return f"{value:g}" if is_finite(value) else value


def _cell(cell: JsonValue, change: JsonValue, quantity: str, base: str) -> JsonDict | None:
    if not isinstance(cell, dict):
        return None
    request, point = quote(text(cell.get("request"), 60)), quote(text(cell.get("point"), 20))
    moved = mapping(mapping(change).get(quantity))
    relative = moved.get("relative")
    return {
        "value": _number(quantity, cell.get(quantity)),
        "verdict": _VERDICTS.get(cell.get("excluded"), "") if not cell.get("reason") else "no answer",
        "reason": text(cell.get("reason"), 120),
        "absolute": _change(moved.get("absolute")),
        "relative": f"{relative:+.1%}" if is_finite(relative) and relative else "",
        "address": f"{base}/requests/{request}/points/{point}",
    }


def _change(value: JsonValue) -> str:
    if not is_finite(value):
        return ""
    return f"{value:+.2g}" if value else "the same"


def _number(quantity: str, value: JsonValue) -> str:
    if not is_finite(value):
        return ""
    return cls_text(value) if quantity.startswith("cls") else short(value)
