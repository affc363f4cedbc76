"""Typed results of a run, checked against a schema, with a verdict as text."""

from recast.results.gather import document, gather
from recast.results.types import RESULT_TYPES, DeclaredResult, check

__all__ = ["RESULT_TYPES", "DeclaredResult", "check", "document", "gather"]
