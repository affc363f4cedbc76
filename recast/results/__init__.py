"""Typed results: what a run yields, checked against a schema, with a verdict in words."""

from recast.results.gather import document, gather
from recast.results.types import RESULT_TYPES, DeclaredResult, check

__all__ = ["RESULT_TYPES", "DeclaredResult", "check", "document", "gather"]
