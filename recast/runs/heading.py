"""What stands on top of a run's results wherever they go: warnings about its version, and what to cite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recast.catalogue import Catalogue
from recast.catalogue.warnings import warnings_of_digest
from recast.results.export.cite import in_words
from recast.results.export.subject import Subject
from recast.rundir import RunRequest

__all__ = ["cited", "headed", "warnings_of_run"]


def warnings_of_run(request: RunRequest) -> list[str]:
    """Return what must be said on top of a run's answers: of its version, and that nobody has published it."""
    told, origin = warnings_of_digest(request.digest), request.origin or {}
    if request.digest is None or not origin.keys() & {"draft", "crate"} or is_published(request):
        return told
    came = (
        f"it is what its entry {origin['draft']['entry']} said when the run was made"
        if "draft" in origin
        else "it came in a crate, and nobody here says what its number means"
    )
    return [f"{request.title} is not published here; {came}", *told]


def is_published(request: RunRequest) -> bool:
    """Say whether the number of a run's version means the bytes that ran, in this catalogue."""
    key = (str(request.analysis), str(request.version))
    catalogue = Catalogue()
    return request.digest in (catalogue.store.index().get(key), catalogue.comes_along(*key))


def headed(document: Mapping[str, Any], request: RunRequest | None) -> dict[str, Any]:
    """Return a document of results with `warnings` as its first key, if there is anything to warn of."""
    warnings = warnings_of_run(request) if request is not None else []
    return {"warnings": warnings, **document} if warnings else dict(document)


def cited(document: Mapping[str, Any], subject: Subject) -> dict[str, Any]:
    """Return a document of results with `cite`: what to cite, in words, the paper first."""
    top = {"warnings": document["warnings"]} if "warnings" in document else {}
    return {**top, "cite": in_words(subject), **document}
