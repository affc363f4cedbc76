"""Charts of answers as figures: from the document that a reader gets to what `recast.charts` draws. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from recast.charts import Figure, Spot, cutflow_of, limits_of, plane_of, point_of, regions_of
from recast.charts.kinds.quantities import QUANTITIES, Name
from recast.counted import counted
from recast.json_types import JsonDict, JsonObject
from recast.results.numbers import convention_words
from recast.service.answers.limits import BANDS

__all__ = ["NO_CONTOURS", "figures_of_answer", "figures_of_request", "quantities_of", "quantity_named", "spots_of"]

NO_CONTOURS = "Lines of exclusion need matplotlib, which this service does not have."
_MOST_CUTFLOWS = 12

To = Callable[[str], str]
"""Returns the address of the page of a point by its id; empty for none."""


def spots_of(chart: JsonObject, to: To = lambda _: "") -> list[Spot]:
    """Return the points of a chart."""
    return [
        Spot(it["at"], it["limit"], it["reason"] if it["verdict"] == "failed" else "", it["point"], to(it["point"]))
        for it in chart["spots"]
    ]


def figures_of_request(document: JsonObject, to: To = lambda _: "", quantity: str = "") -> list[Figure]:
    """Return the figures of the charts in a document of answers."""
    title, notes = _title(document), _notes(document)
    return [
        _figure(chart, title, document["labels"], notes, to, quantity_named(quantity)) for chart in document["charts"]
    ]


def quantities_of(document: JsonObject) -> list[str]:
    """Return the quantities that charts along one axis can show: cls, mu, xsec; the first one is drawn by default."""
    limits = [it["limit"] for chart in document["charts"] if chart["kind"] == "line" for it in chart["spots"]]
    return [name for name, it in QUANTITIES.items() if any(limit is not None and it.is_in(limit) for limit in limits)]


def quantity_named(name: str) -> Name | None:
    """Return a quantity by its name: cls, mu, xsec; None for anything else."""
    return next((it for it in QUANTITIES if it == name), None)


def _title(document: JsonObject) -> str:
    """Return whose answers a chart has: an authority is never left out."""
    of = " ".join(str(document[key]) for key in ("analysis", "version") if document.get(key))
    return f"{of or 'Request'}, request {document['id']}: {document['authority'] or 'no'} answers"


def _notes(document: JsonObject) -> list[str]:
    left, withheld = document["not_drawn"], document["verdicts"].get("withheld", 0)
    notes = [f"{counted(left, 'answered point')} in no chart: without numbers on these axes."] if left else []
    if withheld:
        notes.append(f"Of those not answered yet, {withheld} have an answer that is not released yet.")
    return notes


def _figure(
    chart: JsonObject, title: str, labels: Mapping[str, str], notes: Sequence[str], to: To, quantity: Name | None
) -> Figure:
    spots = spots_of(chart, to)
    caption = _conventions(spots)
    if chart["kind"] == "line":
        (axis,) = chart["axes"]
        return limits_of(
            spots, axis, quantity=quantity, title=title, held=chart["held"], labels=labels, caption=caption, notes=notes
        )
    x, y = chart["axes"]
    published = [[(float(a), float(b)) for a, b in line] for line in chart["published"]]
    how = [f"The published line is {chart['published_how']}."] if published else []
    return plane_of(
        spots,
        (x, y),
        title=title,
        held=chart["held"],
        labels=labels,
        step=(chart["step"][0], chart["step"][1]),
        published=published,
        curves=None if chart.get("why") else chart["contours"],
        caption=caption,
        notes=[*notes, *how],
    )


def _conventions(spots: Sequence[Spot]) -> str:
    """Return what the expected values suppose, where there are any."""
    limits = [it.limit for it in spots if it.limit is not None and any(it.limit.get(key) for key in BANDS)]
    said = "; ".join(dict.fromkeys(map(convention_words, limits)))
    return f"Expected values: {said}." if said else ""


def figures_of_answer(answer: JsonObject) -> Iterator[tuple[str, Figure]]:
    """Yield the figures of one answer of a point, each with a name: its limits, yields and cutflows."""
    spots = [Spot(it["point"], it, "", _region(it)) for it in answer["limits"]]
    if spots:
        yield "limits", point_of(spots, caption=_conventions(spots), title=_of_answer("Limits", answer))
    for number, it in enumerate(answer["yields"], 1):
        yield f"yields-{number}", regions_of(it, title=_of_answer("Yields", answer))
    for number, it in enumerate(answer["cutflows"][:_MOST_CUTFLOWS], 1):
        region = str(it.get("region") or "")
        yield (
            f"cutflow-{number}",
            cutflow_of(it, title=_of_answer(f"Cutflow of {region}" if region else "Cutflow", answer)),
        )


def _region(limit: JsonDict) -> str:
    point = limit["point"]
    return str(point.get("region") or point.get("name") or limit["name"])


def _of_answer(what: str, answer: JsonObject) -> str:
    of = " ".join(str(answer[key]) for key in ("analysis", "version") if answer.get(key))
    return f"{what}: {answer['authority']} answer {answer['id']}{f' from {of}' if of else ''}"
