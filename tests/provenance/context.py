"""The terms of the RO-Crate 1.1 context (https://w3id.org/ro/crate/1.1/context) that our crates use, and no others.

A term that stands in a crate but not here would be dropped by a JSON-LD reader: the validator then misses it.
"""

from __future__ import annotations

__all__ = ["CONTEXT_URL", "context"]

CONTEXT_URL = "https://w3id.org/ro/crate/1.1/context"

_SCHEMA_ORG = """
    ComputerLanguage ControlAction CreateAction CreativeWork Dataset HowTo HowToStep Organization OrganizeAction
    Person Place PropertyValue ScholarlyArticle SoftwareApplication SoftwareSourceCode about actionStatus additionalType
    affiliation agent author citation contentSize datePublished description encodingFormat endTime error exampleOfWork
    hasPart identifier instrument license location mainEntity mentions name object position programmingLanguage
    propertyID publisher result runtimePlatform softwareVersion startTime step text unitCode url value version
    workExample
"""
_OTHERS = {
    "ComputationalWorkflow": "https://bioschemas.org/ComputationalWorkflow",
    "File": "http://schema.org/MediaObject",
    "FormalParameter": "https://bioschemas.org/FormalParameter",
    "conformsTo": "http://purl.org/dc/terms/conformsTo",
    "input": "https://bioschemas.org/ComputationalWorkflow#input",
    "output": "https://bioschemas.org/ComputationalWorkflow#output",
}


def context() -> dict[str, str]:
    """Return the context: term -> IRI."""
    return {**{term: f"http://schema.org/{term}" for term in _SCHEMA_ORG.split()}, **_OTHERS}
