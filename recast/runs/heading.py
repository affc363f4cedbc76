"""What stands on top of a run's results wherever they go: warnings about its version, and what to cite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recast.catalogue.warnings import warnings_of_digest
from recast.results.export.cite import in_words
from recast.results.export.subject import Subject
from recast.rundir import RunRequest

__all__ = ["cited", "headed"]


def headed(document: Mapping[str, Any], request: RunRequest | None) -> dict[str, Any]:
    """Return a document of results with `warnings` as its first key, if there is anything to warn of."""
    warnings = warnings_of_digest(request.digest if request is not None else None)
    return {"warnings": warnings, **document} if warnings else dict(document)


def cited(document: Mapping[str, Any], subject: Subject) -> dict[str, Any]:
    """Return a document of results with `cite`: what to cite, in words, the paper first."""
    top = {"warnings": document["warnings"]} if "warnings" in document else {}
    return {**top, "cite": in_words(subject), **document}
