"""The answers of a request as charts: planes, or limits along one axis, in the slices that `recast scan` draws.

A chart is a document: axes, points with their numbers, the published line. What draws it makes the contours with the
same functions as a scan does, so that they are the same to the last digit. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from recast.charts import contours_of
from recast.json_types import JsonDict
from recast.scans.answers import coordinates
from recast.scans.axes import MOST_PANELS, Axes, Panel, choose_axes, is_number, panels
from recast.scans.declared import Declared
from recast.scans.record import Answer
from recast.service.answers.chosen import Chosen
from recast.service.answers.figures import NO_CONTOURS, spots_of
from recast.service.answers.listed import View
from recast.service.answers.published import Published, published_of

__all__ = ["axis_names", "charts_of"]

_MOST_NAMES = 40
_MOST_SPOTS = 2500


def charts_of(points: Sequence[Chosen], view: View, declared: Declared, of_request: Sequence[str]) -> JsonDict:
    """Return the charts of points with the chosen axes; without axes, why there is no chart.

    The view's axes count, else those that the version declares, else those of the request, else what varies.
    """
    answers = [_answer(it) for it in points]
    answered = [it for it in answers if it.limits]
    axes = _axes(answered, view, declared, of_request) if answered else _unanswered(answers, view, declared, of_request)
    found = panels(answered, axes.names, declared) if axes.names else []
    if axes.names and not answered:
        found = [Panel(axes.names, "", ())]
    shown, by_id = found[:MOST_PANELS], {it.id: it for it in points}
    drawn = {answer.key for panel in found[:MOST_PANELS] for answer in panel.answers}
    published = published_of(points, declared)
    return {
        "axes": list(axes.names),
        "why": axes.why,
        "numbers": axis_names(points),
        "labels": dict(declared.labels),
        "charts": [_chart(it, by_id, answers, declared, published, alone=len(found) == 1) for it in shown],
        "not_drawn": len(answered) - len(drawn),
    }


def axis_names(points: Sequence[Chosen]) -> list[str]:
    """Return the numbers of points that can be axes: those that vary first."""
    placed = [{**it.coordinates, **(it.limit or {}).get("point", {})} for it in points]
    names = list(dict.fromkeys(name for point in placed for name in point))[:_MOST_NAMES]
    values = {name: [point[name] for point in placed if name in point] for name in names}
    numbers = [name for name in names if all(map(is_number, values[name]))]
    return sorted(numbers, key=lambda name: len(set(values[name])) < 2)


def _answer(it: Chosen) -> Answer:
    run = str((it.answer or {}).get("run") or "")
    return Answer(dict(it.coordinates), it.id, run, [it.limit] if it.limit is not None else [], it.reason)


def _axes(answered: Sequence[Answer], view: View, declared: Declared, of_request: Sequence[str]) -> Axes:
    wanted = [name for name in (view.x, view.y) if name]
    for names in ([*dict.fromkeys(wanted)], [], [*of_request][:2]):
        if names:
            found = choose_axes(answered, names, Declared())
        else:
            found = choose_axes(answered, (), declared)
            found = found if found.names in declared.planes else Axes()
        if found.names:
            return found
    return choose_axes(answered, (), declared)


def _unanswered(points: Sequence[Answer], view: View, declared: Declared, of_request: Sequence[str]) -> Axes:
    """Return axes on which points that nobody has answered yet can be shown."""
    for names in ((view.x, view.y), *declared.planes, tuple(of_request[:2])):
        if len(names) == 2 and len(set(names)) == 2 and any(_is_placed(it, names) for it in points):
            return Axes(tuple(names))
    return Axes(why="no point has an answer that you may read")


def _is_placed(answer: Answer, axes: Sequence[str]) -> bool:
    where = coordinates(answer)
    return all(is_number(where.get(axis)) for axis in axes)


def _chart(
    panel: Panel,
    by_id: dict[str, Chosen],
    answers: Sequence[Answer],
    declared: Declared,
    published: Published,
    *,
    alone: bool,
) -> JsonDict:
    """Return one chart; the points without limits are in the first one of a plane that is not in slices."""
    without = [it for it in answers if alone and not it.limits and _is_placed(it, panel.axes)]
    here = [*panel.answers, *without][:_MOST_SPOTS]
    of_plane = len(panel.axes) == 2
    step = declared.steps(panel.axes) if of_plane else (None, None)
    chart: JsonDict = {
        "kind": "plane" if of_plane else "line",
        "axes": list(panel.axes),
        "held": panel.held,
        "step": list(step),
        "spots": [_spot(by_id[it.key], panel.axes) for it in here],
    }
    if of_plane:
        is_declared = alone and panel.axes == declared.axes
        lines, how = published.lines([by_id[it.key] for it in panel.answers], panel.axes, step, declared=is_declared)
        chart |= {"published": lines, "published_how": how}
        try:
            chart["contours"] = contours_of(spots_of(chart), panel.axes, step)
        except ImportError:
            chart |= {"contours": {}, "why": NO_CONTOURS}
    return chart


def _spot(it: Chosen, axes: Sequence[str]) -> JsonDict:
    where = {**it.coordinates, **(it.limit or {}).get("point", {})}
    return {
        "point": it.id,
        "answer": (it.answer or {}).get("id", ""),
        "at": {axis: where[axis] for axis in axes},
        "verdict": it.verdict,
        "limit": _numbers(it.limit) if it.limit is not None else None,
        "reason": it.reason,
    }


def _numbers(limit: JsonDict) -> JsonDict:
    """Return what charts draw of a limit."""
    keys = ("cls_obs", "cls_exp", "mu_ul_obs", "mu_ul_exp", "xsec_ul_obs_fb", "xsec_ul_exp_fb", "excluded", "undecided")
    xsec = limit["point"].get("xsec_fb")
    theory = {"point": {"xsec_fb": xsec}} if is_number(xsec) else {"point": {}}
    told = {key: limit[key] for key in (*keys, "expected_convention", "toys") if limit[key] not in (None, "")}
    return {**told, "excluded": limit["excluded"], **theory}
