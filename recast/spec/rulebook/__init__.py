"""The rules of `recast spec lint` as one table, from which its JSON, its SARIF and the pages' heads are made."""

from __future__ import annotations

from recast.spec.rulebook.language import LANGUAGE
from recast.spec.rulebook.practice import PRACTICE
from recast.spec.rulebook.reading import READING
from recast.spec.rulebook.rule import Rule, Severity
from recast.spec.rulebook.stages import STAGES
from recast.spec.rulebook.steps import STEPS

__all__ = ["RULES", "Rule", "Severity"]

RULES: dict[str, Rule] = {rule.code: rule for rule in (*READING, *LANGUAGE, *STAGES, *STEPS, *PRACTICE)}
"""All rules by code, from those on a file's bytes to those on good practice."""
