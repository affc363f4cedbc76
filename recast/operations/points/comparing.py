"""Points, or the model of a file, compared with all searches: which take them, which clause says no, what none does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from recast.applies.model import MASS_PREFIX, Model
from recast.applies.which import Answer, Search, answer
from recast.catalogue import Catalogue
from recast.desk.model import Point
from recast.errors import InputError, NotFound, RecastError
from recast.json_types import JsonDict, is_finite
from recast.operations.points.pasted import FILE
from recast.operations.which import searches_here
from recast.prepare.many_inputs import Upload
from recast.prepare.what_file import model_of_file

__all__ = ["Asked", "compared"]

_MOST_ASKED = 60
"""So many points, evenly spread, are compared with every search; the rest of a grid would say the same."""

_MOST_REASONS = 3
_MOST_CLAUSES = 5
_SILENT = "it has neither masses (m_…) nor inputs: there is nothing to compare"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is compared: models with the names of their points. `silent` are points that are no model."""

    models: tuple[tuple[str, Model], ...]
    points: Mapping[str, Point] = field(default_factory=dict)
    silent: tuple[str, ...] = ()

    @classmethod
    def of_model(cls, model: Model) -> Asked:
        """Return what is asked by a file."""
        return cls((("p1", model),))

    @classmethod
    def of_points(cls, points: Sequence[tuple[str, Point]], upload: Upload | None) -> Asked:
        """Return what is asked by points, or by some of them if they are many."""
        step = max(1, -(-len(points) // _MOST_ASKED))
        chosen = points[::step]
        models = [(name, _model(point, upload)) for name, point in chosen]
        known = tuple((name, model) for name, model in models if model is not None)
        return cls(known, dict(chosen), tuple(name for name, model in models if model is None))

    def places(self, search: JsonDict) -> list[tuple[str, Point]]:
        """Return the points as places near which answers are looked for; of a file, the masses that a search sees."""
        if self.points:
            return list(self.points.items())
        return [("p1", Point("p1", {f"{MASS_PREFIX}{name}": mass for name, mass in search["masses_gev"].items()}))]


def compared(asked: Asked) -> tuple[list[JsonDict], list[JsonDict]]:
    """Return for each search how many of the points it takes, and which clauses keep it from the others, those that
    take most first; and the points that no search takes, with the search that comes closest.
    """
    searches = _known_searches() if asked.models else []
    answers = [[answer(search, model, FILE * bool(model.kind)) for _, model in asked.models] for search in searches]
    told = [_told(search, of_search) for search, of_search in zip(searches, answers, strict=True)]
    told.sort(key=lambda it: (-it["takes"], -it["outside"], it["analysis"]))
    return told, [*_uncovered(asked, answers)]


def _told(search: Search, answers: Sequence[Answer]) -> JsonDict:
    counts = Counter(it.takes for it in answers)
    against = [it.clause for it in answers if it.takes != "yes"]
    reasons = Counter(clause.why for clause in against)
    clauses = Counter((clause.name, clause.says, clause.why) for clause in against)
    masses = next((it.best.masses_gev for it in answers if it.best is not None and it.takes != "no"), {})
    return {
        "analysis": search.analysis,
        "version": search.version,
        "title": search.title,
        "points": len(answers),
        "takes": counts["yes"],
        "outside": counts["outside"],
        "unknown": counts["unknown"],
        "reasons": [why for why, _ in reasons.most_common(_MOST_REASONS)],
        "clauses": [
            {"clause": name, "says": says, "why": why, "points": number}
            for (name, says, why), number in clauses.most_common(_MOST_CLAUSES)
        ],
        "masses_gev": dict(masses),
        "next": next((it.command for it in answers if it.command), ""),
    }


def _uncovered(asked: Asked, answers: Sequence[Sequence[Answer]]) -> Iterator[JsonDict]:
    """Yield the points that no search takes, each with the search that takes it furthest."""
    for name in asked.silent:
        yield {"point": name, "coordinates": _coordinates(asked, name), "closest": None, "why": _SILENT}
    for place, (name, _) in enumerate(asked.models):
        of_point = [each[place] for each in answers]
        if any(it.takes in ("yes", "outside") for it in of_point):
            continue
        best = max(of_point, key=_how_far, default=None)
        closest = {"analysis": best.search.analysis, "clause": best.clause.name} if best else None
        why = best.clause.why if best else "there are no searches here"
        yield {"point": name, "coordinates": _coordinates(asked, name), "closest": closest, "why": why}


def _how_far(answer: Answer) -> tuple[int, int, bool]:
    """Return how far a search has followed a model before a clause said no, and how much of it the search knows."""
    best = answer.best
    return (len(best.clauses), len(best.masses_gev), False) if best else (0, 0, answer.takes == "unknown")


def _coordinates(asked: Asked, name: str) -> JsonDict:
    return dict(asked.points[name].coordinates) if name in asked.points else {}


def _known_searches() -> list[Search]:
    """Return the newest version of each published analysis, read again only when the catalogue has changed."""
    catalogue = Catalogue()
    index = catalogue.store.root / "index.json"
    try:
        stamp = (str(index), index.stat().st_mtime_ns, index.stat().st_size)
    except OSError:
        stamp = (str(index), 0, 0)
    return list(_searches_at(stamp))


@lru_cache(maxsize=2)
def _searches_at(_stamp: tuple[str, int, int]) -> tuple[Search, ...]:
    return tuple(it for it in searches_here(Catalogue()) if not isinstance(it, RecastError))


def _model(point: Point, upload: Upload | None) -> Model | None:
    """Return a point as a model: its uploaded file, else its masses, else its inputs; None if it says nothing."""
    path = next((found for value in point.inputs.values() if (found := _uploaded(value, upload))), None)
    masses = dict(_masses(point))
    try:
        if path is not None:
            return model_of_file(path, {}, {})
    except (InputError, NotFound):
        return None
    if masses:
        return Model(masses=masses)
    return Model(inputs=dict(point.inputs)) if point.inputs else None


def _uploaded(value: object, upload: Upload | None) -> Path | None:
    if upload is None or not isinstance(value, str) or not value.startswith("upload:"):
        return None
    try:
        return upload(value.removeprefix("upload:"))
    except RecastError:
        return None


def _masses(point: Point) -> Iterator[tuple[str, float]]:
    for name, value in point.coordinates.items():
        if name.startswith(MASS_PREFIX) and is_finite(value):
            yield name.removeprefix(MASS_PREFIX).removesuffix("_gev"), float(value)
