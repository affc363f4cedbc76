"""The answers of a request as a submission to HEPData, in one archive. Pure."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence

from recast.exports.hepdata import submission
from recast.json_types import JsonDict, JsonObject
from recast.results.subject import Subject
from recast.service.answers.chosen import Chosen, chosen_points
from recast.service.answers.limits import limits_of

__all__ = ["archive", "hepdata_archive"]

_MOST_ROWS = 4000
"""Of one result, of all points together: YAML of more takes a processor for seconds."""

_KINDS = ("yields", "efficiency", "cutflow")
_ROWS = {"yields": "regions", "efficiency": "regions", "cutflow": "steps"}
_NEEDED = ("title", "collaboration", "sqrts_tev", "luminosity_inv_fb")
_METADATA = (*_NEEDED, "final_states", "models", "references")
_SAME_TIME = (1980, 1, 1, 0, 0, 0)


def hepdata_archive(document: JsonObject, request: JsonObject, record: JsonObject) -> bytes:
    """Return the answers of one authority as a zip archive; raise NotFound if there are no numbers.

    `document` is that of the answers, `request` what its reader sees of the request, `record` that of the version.
    """
    points = [it for it in chosen_points(request, document["authority"]) if it.answer is not None]
    results, left_out = _bounded([*_limits(points), *_others(points), *_contours(document)])
    titles = {str(it.get("name")): str(it.get("title") or "") for it in record.get("results") or ()}
    return archive(submission(results, _subject(document, points, record, left_out), titles))


def archive(files: Mapping[str, bytes]) -> bytes:
    """Return files as a zip archive, the same bytes for the same files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in sorted(files.items()):
            written.writestr(zipfile.ZipInfo(name, _SAME_TIME), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _subject(document: JsonObject, points: Sequence[Chosen], record: JsonObject, left_out: Sequence[str]) -> Subject:
    answers = [it.answer for it in points if it.answer is not None]
    unreleased = sum(answer["state"] != "released" for answer in answers)
    warnings = list(dict.fromkeys(str(answer["caveat"]) for answer in answers if answer["caveat"]))
    if unreleased:
        warnings.append(f"{unreleased} of {len(answers)} answers have not been released")
    if left_out:
        warnings.append(f"left out for their size: {', '.join(left_out)}")
    metadata = {key: record[key] for key in _METADATA if record.get(key)}
    known = metadata | {"authority": document["authority"]} if all(key in metadata for key in _NEEDED) else {}
    named = document["analysis"] and document["version"]
    return Subject(
        run="",
        reference=f"{document['analysis']}@{document['version']}" if named else "",
        digest=str(document["digest"] or ""),
        day=max((str(answer["at"])[:10] for answer in answers), default=""),
        metadata=known,
        warnings=tuple(warnings),
        request=str(document["id"]),
    )


def _limits(points: Sequence[Chosen]) -> Iterator[JsonDict]:
    for it in points:
        for limit in limits_of((it.answer or {}).get("results")):
            yield {**limit, "type": "limit", "point": {**it.coordinates, **limit["point"]}}


def _others(points: Sequence[Chosen]) -> Iterator[JsonDict]:
    """Yield yields, efficiencies and cutflows; tables of a run of one point say nothing of all points."""
    for it in points:
        for result in (it.answer or {}).get("results") or ():
            if result.get("type") in _KINDS:
                yield {**result, "point": {**it.coordinates, **result.get("point", {})}}


def _contours(document: JsonObject) -> Iterator[JsonDict]:
    for number, chart in enumerate(document["charts"], 1):
        curves = {**chart.get("contours", {}), **({"published": chart["published"]} if chart.get("published") else {})}
        rows = [[name, at, x, y] for name, lines in curves.items() for at, line in enumerate(lines) for x, y in line]
        if rows:
            held = f" ({chart['held']})" if chart["held"] else ""
            yield {
                "name": "contour" if number == 1 else f"contour_{number}",
                "type": "table",
                "title": f"Exclusion contours at 95% CL{held}",
                "columns": [{"name": name} for name in ("curve", "part", *chart["axes"])],
                "rows": rows,
            }


def _bounded(results: Sequence[JsonDict]) -> tuple[list[JsonDict], list[str]]:
    """Return the results of which a table has a bearable number of rows, and the names of the others."""
    rows = dict[str, int]()
    for it in results:
        rows[it["name"]] = rows.get(it["name"], 0) + len(it.get(_ROWS.get(it["type"], ""), (0,)))
    too_long = [name for name, number in rows.items() if number > _MOST_ROWS]
    return [it for it in results if it["name"] not in too_long], too_long
