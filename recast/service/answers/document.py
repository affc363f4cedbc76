"""The document of the answers of a request: whose they are, charts, and a page of a table. Pure."""

from __future__ import annotations

from collections import Counter

from recast.json_types import JsonDict, JsonObject
from recast.scans.declared import Declared
from recast.service.answers.chosen import authorities_of, authority_of, chosen_points
from recast.service.answers.drawn import charts_of
from recast.service.answers.listed import VERDICTS, View, row_of, sorted_points, with_words

__all__ = ["ABOUT", "answers_document"]

ABOUT = ("id", "state", "revision", "title", "model", "analysis", "version", "digest", "audience")


def answers_document(request: JsonObject, declared: Declared, view: View) -> JsonDict:
    """Return what the reader of a request's document sees of its answers.

    `items` are the rows of one page, `total` is how many there are on all of them; the charts have all points.
    """
    authorities = authorities_of(request)
    authority = authority_of(authorities, view.authority)
    points = chosen_points(request, authority)
    rows = sorted_points(with_words(points, view), view.sort)
    counts = Counter(it.verdict for it in points)
    end = view.start + view.limit
    versions = {(str(it.answer["version"]), str(it.answer["digest"])) for it in points if it.answer is not None}
    return {
        **{key: request.get(key) for key in ABOUT},
        "authority": authority,
        "authorities": authorities,
        "versions": [{"version": version, "digest": digest} for version, digest in sorted(versions)],
        "runs": sorted({str(it.answer["run"]) for it in points if it.answer is not None and it.answer["run"]}),
        "verdicts": {name: counts[name] for name in VERDICTS if counts[name]},
        **charts_of(points, view, declared, [str(it) for it in request.get("axes") or ()]),
        "items": [row_of(it) for it in rows[view.start : end]],
        "next": str(end) if end < len(rows) else None,
        "total": len(rows),
    }
