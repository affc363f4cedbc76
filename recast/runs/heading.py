"""The head of a run's results, wherever they are shown or exported: warnings about the version, and what to cite."""

from __future__ import annotations

from recast.catalogue import Catalogue
from recast.catalogue.statements.warnings import warnings_of_digest
from recast.json_types import JsonDict, JsonObject
from recast.results.cite import in_words
from recast.results.subject import Subject
from recast.rundir import RunOrder

__all__ = ["cited", "headed", "warnings_of_answers", "warnings_of_run"]


def warnings_of_run(request: RunOrder) -> list[str]:
    """Return the warnings to show with a run's results: about its version, or that it is not published."""
    about = (str(request.analysis), str(request.version))
    return warnings_of_answers(about, request.digest, request.origin)


def warnings_of_answers(about: tuple[str, str], digest: str | None, origin: JsonObject | None) -> list[str]:
    """Return the same for any results: `about` is analysis and version number, `origin` is as in `RunOrder.origin`."""
    told, came = warnings_of_digest(digest), origin or {}
    if digest is None or not came.keys() & {"draft", "crate", "scan"} or _is_published(about, digest):
        return told
    why = (
        f"it is what its entry {came['draft']['entry']} contained when the run was created"
        if "draft" in came
        else "its version number is not in this catalogue"
    )
    return [f"{'@'.join(about)} is not published here; {why}", *told]


def _is_published(about: tuple[str, str], digest: str) -> bool:
    """Return whether a version number refers to these bytes in this catalogue."""
    catalogue = Catalogue()
    return digest in (catalogue.store.index().get(about), catalogue.comes_along(*about))


def headed(document: JsonObject, request: RunOrder | None) -> JsonDict:
    """Return a document of results with `warnings` as its first key, if there are any."""
    warnings = warnings_of_run(request) if request is not None else []
    return {"warnings": warnings, **document} if warnings else dict(document)


def cited(document: JsonObject, subject: Subject) -> JsonDict:
    """Return a document of results with `cite`: what to cite, as text, the paper first."""
    top = {"warnings": document["warnings"]} if "warnings" in document else {}
    return {**top, "cite": in_words(subject), **document}
