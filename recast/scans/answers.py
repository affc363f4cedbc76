"""Assign limits to points, and tabulate all points; pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from recast.charts.contour import Triple
from recast.charts.kinds.placed import triples
from recast.charts.spots import Spot, sensitivity
from recast.json_types import JsonDict, JsonObject
from recast.scans.declared import Declared
from recast.scans.record import Answer
from recast.terminal_safe import one_line

__all__ = ["as_csv", "best", "coordinates", "give_out", "plane", "published_lines", "spots_of"]

_EXPECTED = ("cls_exp_m2", "cls_exp_m1", "cls_exp", "cls_exp_p1", "cls_exp_p2")


def give_out(results: Iterable[JsonObject], asked: Sequence[Answer], declared: Declared, run: str) -> None:
    """Assign limits to each of the points that were asked together; a point without any gets that as its reason."""
    limits = [dict(result) for result in results if result["type"] == "limit"]
    for answer in asked:
        answer.limits = [limit for limit in limits if _belongs(limit["point"], answer.point, declared)]
        answer.run = run
        if not answer.limits:
            answer.reason = (
                f"No limit among the results of the run names this point ({len(limits)} limits); "
                "the entry's `scan` says which column is the point's name"
            )


def _belongs(found: JsonObject, point: JsonObject, declared: Declared) -> bool:
    if declared.over:
        wanted = declared.list_value(point)
        if isinstance(wanted, Mapping):
            return found == wanted
        return wanted in (found.get("name"), found.get("point"), found.get(declared.value))
    return all(found.get(name) == value for name, value in point.items())


def best(answer: Answer) -> JsonObject:
    """Return the limit of the region with the best expected sensitivity; observed values are never used.

    Limits without expected values come after those with them, in their order.
    """
    return min(answer.limits, key=sensitivity)


def coordinates(answer: Answer) -> JsonDict:
    """Return the columns of a point, and the coordinates in its most sensitive limit, which take precedence."""
    return {**answer.point, **(best(answer)["point"] if answer.limits else {})}


def spots_of(answers: Iterable[Answer]) -> list[Spot]:
    """Return points that have an answer as charts take them, each with the limit of its most sensitive region."""
    return [Spot(coordinates(answer), best(answer), words=_name(answer)) for answer in answers]


def _name(answer: Answer) -> str:
    found = coordinates(answer).get("name")
    return found if isinstance(found, str) else ""


def plane(answers: Iterable[Answer], axes: Sequence[str], curve: str) -> list[Triple]:
    """Return (x, y, sigma of CLs) of the points that have both coordinates; undecided points are left out."""
    return triples(spots_of(answers), axes, curve)


def as_csv(answers: Iterable[Answer], warnings: Sequence[str] = ()) -> str:
    """Return the points as CSV: their columns, the most sensitive region's numbers, the run; or the reason for none.

    Texts are one line each, without what a terminal would obey. Warnings about the version are the first column. There
    are no rows for points that are still open.
    """
    warning = {"warning": "; ".join(warnings)} if warnings else {}
    ended = [answer for answer in answers if answer.limits or answer.reason]
    rows = [_plain({**warning, **(_row(answer) if answer.limits else _failed(answer))}) for answer in ended]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _plain(row: JsonObject) -> JsonDict:
    return {one_line(name): one_line(it) if isinstance(it, str) else it for name, it in row.items()}


def _row(answer: Answer) -> JsonDict:
    limit = best(answer)
    expected = dict(zip(_EXPECTED, limit["cls_exp"] or [], strict=False))
    mu = {"mu_ul_obs": limit["mu_ul_obs"], "mu_ul_exp": (limit["mu_ul_exp"] or [None] * 5)[2]}
    plain = {name: value for name, value in limit["point"].items() if not isinstance(value, (dict, list))}
    xsec = {
        "xsec_ul_obs_fb": limit.get("xsec_ul_obs_fb"),
        "xsec_ul_exp_fb": (limit.get("xsec_ul_exp_fb") or [None] * 5)[2],
    }
    end = {"expected_convention": limit.get("expected_convention"), "excluded": limit["excluded"]}
    end |= {"verdict": limit["verdict"], "run": answer.run}
    return {**answer.point, **plain, "cls_obs": limit["cls_obs"], **expected, **mu, **xsec, **end}


def _failed(answer: Answer) -> JsonDict:
    return {**answer.point, "run": answer.run, "reason": " ".join(answer.reason.split())}


def published_lines(results: Iterable[JsonObject], wanted: tuple[str, str]) -> list[list[tuple[float, float]]]:
    """Return the published contour in a table result, whose rows are (curve, part, x, y), as one line per part."""
    name, curve = wanted
    parts: dict[Any, list[tuple[float, float]]] = {}
    for result in results:
        if result["name"] == name:
            for row in result["rows"]:
                if row[0] == curve:
                    parts.setdefault(row[1], []).append((float(row[2]), float(row[3])))
    return list(parts.values())
