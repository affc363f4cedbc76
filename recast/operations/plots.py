"""Draw the results of a run: its limits, yields and cutflows, as `recast scan` and the pages draw them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from recast.atomic import replace_file
from recast.charts import Figure, Spot, cutflow_of, point_of, regions_of, standalone
from recast.charts.raster import Form, pictures
from recast.counted import counted
from recast.errors import RecastError, StoreError
from recast.json_types import JsonDict, JsonObject
from recast.scans.declared import Declared, declared_scan
from recast.scans.picture import drawing, figure_of
from recast.scans.record import Answer, ScanRecord

__all__ = ["draw_results"]

_MOST = 6
"""The most yields and cutflows of one name that are drawn: a run of a hundred points has one each."""
_FORMS: tuple[Form, ...] = ("png", "pdf")

Say = Callable[[str], None]


def draw_results(document: JsonObject, folder: Path, say: Say = lambda _: None) -> list[Path]:
    """Write a chart of each result with numbers into a folder: `chart-NAME` as SVG, PNG and PDF; return the files.

    Without matplotlib there are only SVG files, and planes have points without lines. Raises StoreError if the folder
    cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [path for name, figure in _charts(document, say) for path in _written(folder, name, figure)]
    except OSError as problem:
        raise StoreError.of(
            problem, "The plots cannot be written", folder, "Free space, or choose another folder."
        ) from problem


def _charts(document: JsonObject, say: Say) -> Iterator[tuple[str, Figure]]:
    """Yield the name and the chart of each result, in their order."""
    results = document["results"]
    title = f"{document.get('analysis', '')}@{document.get('version', '')}: reinterpretation with RECAST"
    for name in dict.fromkeys(result["name"] for result in results):
        own = [result for result in results if result["name"] == name]
        if own[0]["type"] == "limit":
            yield name, _limits(own, document, title)
        elif own[0]["type"] in ("yields", "cutflow"):
            if len(own) > _MOST:
                say(f"{name}: {counted(len(own), 'result')}, of which the first {_MOST} are drawn")
            draw = regions_of if own[0]["type"] == "yields" else cutflow_of
            for number, result in enumerate(own[:_MOST], 1):
                words = _name_of(result.get("point", {})) or str(result.get("region", ""))
                yield name + (f"-{number}" if len(own) > 1 else ""), draw(result, title=title, caption=words)


def _limits(limits: Sequence[JsonDict], document: JsonObject, title: str) -> Figure:
    """Return limits in the planes and along the axes that the version declares; side by side if they have none."""
    declared = _declared(document)
    answers = [Answer(limit["point"], str(number), "", [limit]) for number, limit in enumerate(limits)]
    record = ScanRecord("", 0.0, document.get("analysis", ""), document.get("version", ""), "", [], answers)
    what = drawing(record, declared)
    if len(limits) > 1 and what.panels:
        return figure_of(what, record, declared, [])
    return point_of([Spot({}, limit, words=_name_of(limit["point"])) for limit in limits], title=title)


def _declared(document: JsonObject) -> Declared:
    from recast.prepare import find_source

    try:
        reference = f"{document['analysis']}@{document['version']}"
        version = find_source(reference, allow_withdrawn=True).version
        return declared_scan(version, []) if version is not None else Declared()
    except (RecastError, KeyError):
        return Declared()  # the axes are found in the results themselves


def _name_of(point: JsonObject) -> str:
    name = point.get("name")
    return name if isinstance(name, str) else ", ".join(f"{key} = {value}" for key, value in list(point.items())[:3])


def _written(folder: Path, name: str, figure: Figure) -> Iterator[Path]:
    contents = {"svg": standalone(figure).encode()}
    with suppress(ImportError):
        contents |= dict(zip(_FORMS, pictures(figure, _FORMS), strict=True))
    for form, content in contents.items():
        path = folder / f"chart-{name}.{form}"
        replace_file(path, content)
        yield path
