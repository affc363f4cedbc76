"""What stands on top of a run's results wherever they go: warnings about its version, and what to cite."""

from __future__ import annotations

from recast.catalogue import Catalogue
from recast.catalogue.statements.warnings import warnings_of_digest
from recast.json_types import JsonDict, JsonObject
from recast.results.cite import in_words
from recast.results.subject import Subject
from recast.rundir import RunOrder

__all__ = ["cited", "headed", "warnings_of_answers", "warnings_of_run"]


def warnings_of_run(request: RunOrder) -> list[str]:
    """Return what must be said on top of a run's answers: of its version, and that nobody has published it."""
    about = (str(request.analysis), str(request.version))
    return warnings_of_answers(about, request.digest, request.origin)


def warnings_of_answers(about: tuple[str, str], digest: str | None, origin: JsonObject | None) -> list[str]:
    """Return the same of any answers: `about` is analysis and number, `origin` as in `RunOrder.origin`."""
    told, came = warnings_of_digest(digest), origin or {}
    if digest is None or not came.keys() & {"draft", "crate", "scan"} or _is_published(about, digest):
        return told
    why = (
        f"it is what its entry {came['draft']['entry']} said when the run was made"
        if "draft" in came
        else "nobody here says what its number means"
    )
    return [f"{'@'.join(about)} is not published here; {why}", *told]


def _is_published(about: tuple[str, str], digest: str) -> bool:
    """Return whether a number means these bytes in this catalogue."""
    catalogue = Catalogue()
    return digest in (catalogue.store.index().get(about), catalogue.comes_along(*about))


def headed(document: JsonObject, request: RunOrder | None) -> JsonDict:
    """Return a document of results with `warnings` as its first key, if there is anything to warn of."""
    warnings = warnings_of_run(request) if request is not None else []
    return {"warnings": warnings, **document} if warnings else dict(document)


def cited(document: JsonObject, subject: Subject) -> JsonDict:
    """Return a document of results with `cite`: what to cite, in words, the paper first."""
    top = {"warnings": document["warnings"]} if "warnings" in document else {}
    return {**top, "cite": in_words(subject), **document}
