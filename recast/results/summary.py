"""Summarise a run in a few lines: whether its points are excluded, and the numbers behind that; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from recast.counted import counted
from recast.json_types import JsonDict, JsonObject
from recast.results.numbers import band, cls_text, convention_words, short

__all__ = ["answer_in_lines", "conventions", "deciding", "headline", "limit_row", "short_verdict"]

Row = JsonObject
MOST_LINES = 5
_MOST_POINTS = 3


def deciding(results: Sequence[Row]) -> list[Row]:
    """Return the limits that decide exclusion: of several results with limits, those of the one with the fewest points.

    An analysis that gives a limit for each region also gives the best one for each point.
    """
    names = dict.fromkeys(result["name"] for result in results if result["type"] == "limit")
    groups = [[result for result in results if result["name"] == name] for name in names]
    return min(groups, key=len, default=[])


def headline(limits: Sequence[Row]) -> str:
    """Return `2 of 3 points are excluded at 95% CL, 1 is without a verdict`, or the one verdict in full."""
    if len(limits) == 1:
        return f"{point_name(limits[0])}: {limits[0]['verdict']}"
    excluded = sum(limit["excluded"] is True for limit in limits)
    still_open = sum(limit["excluded"] is None for limit in limits)
    words = f"{excluded} of {counted(len(limits), 'point')} {'is' if excluded == 1 else 'are'} excluded at 95% CL"
    return f"{words}, {still_open} without a verdict" if still_open else words


def answer_in_lines(results: Sequence[Row], warnings: Sequence[str] = ()) -> list[str]:
    """Return at most five lines: warnings first, then the verdict, the numbers, and what expected values assume."""
    limits = deciding(results)
    lines = [f"WARNING: {warning}" for warning in warnings[:2]]
    if not limits:
        names = ", ".join(dict.fromkeys(result["name"] for result in results))
        return [*lines, f"no limit among the results: {names}"] if names else lines
    lines.append(headline(limits))
    if len(limits) == 1:
        lines += [*_bounds(limits[0]), *(f"note: {note}" for note in limits[0].get("notes", ()))]
        return lines[:MOST_LINES]
    room = MOST_LINES - len(lines) - 1
    shown = limits[: min(_MOST_POINTS, room)]
    lines += [f"  {point_name(limit)}: {short_verdict(limit)}" for limit in shown]
    more = f"  ... and {len(limits) - len(shown)} more; " if len(limits) > len(shown) else "  "
    return [*lines, f"{more}{conventions(limits)}".rstrip("; ")]


def limit_row(limit: Row) -> JsonDict:
    """Return a row for display: the verdict, upper limits with their bands, the published CLs, as far as they exist."""
    row: JsonDict = {"point": point_name(limit), "verdict": short_verdict(limit)}
    for key, words in _UPPER.items():
        if limit.get(f"{key}_obs{_UNIT[key]}") is not None:
            row[f"{words} observed"] = short(limit[f"{key}_obs{_UNIT[key]}"])
        if limit.get(f"{key}_exp{_UNIT[key]}"):
            row[f"{words} expected"] = band(limit[f"{key}_exp{_UNIT[key]}"])
    if (published := limit.get("published", {}).get("cls_obs")) is not None:
        row["CLs published"] = cls_text(published)
    return row


def short_verdict(limit: Row) -> str:
    """Return a verdict without what its expected values assume, which is shown once for all."""
    words, convention, _ = str(limit["verdict"]).partition("; expected: ")
    return f"{words})" if convention else words


def conventions(limits: Sequence[Row]) -> str:
    """Return what the expected values assume, empty if there are none."""
    said = dict.fromkeys(convention_words(limit) for limit in limits if _has_band(limit))
    return f"expected: {'; '.join(said)}" if said else ""


def point_name(limit: Row) -> str:
    """Return the name of a limit's point, or all of the point if it has none."""
    point = limit["point"]
    return str(point.get("name") or " ".join(f"{key}={_plain(value)}" for key, value in point.items()) or limit["name"])


def _plain(value: Any) -> str:
    """Return a coordinate with few digits; the files have all of them."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


_UPPER = {"mu_ul": "limit on mu", "xsec_ul": "limit on cross section [fb]"}
_UNIT = {"mu_ul": "", "xsec_ul": "_fb"}


def _has_band(limit: Row) -> bool:
    return any(limit.get(key) for key in ("cls_exp", "mu_ul_exp", "xsec_ul_exp_fb"))


def _bounds(limit: Row) -> Iterator[str]:
    """Yield the upper limits, one line each."""
    row = limit_row(limit)
    for words in _UPPER.values():
        observed, expected = row.get(f"{words} observed"), row.get(f"{words} expected")
        if observed is not None:
            yield f"  upper {words} at 95% CL: observed {observed}{f', expected {expected}' if expected else ''}"
