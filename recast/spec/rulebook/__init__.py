"""The table of all rules of `recast spec lint`, from which its JSON, SARIF and the heads of pages are generated."""

from __future__ import annotations

from recast.errors import NotFound
from recast.spec.rulebook.language import LANGUAGE
from recast.spec.rulebook.practice import PRACTICE
from recast.spec.rulebook.reading import READING
from recast.spec.rulebook.rule import Rule, Severity
from recast.spec.rulebook.stages import STAGES
from recast.spec.rulebook.steps import STEPS
from recast.suggest import did_you_mean

__all__ = ["RULES", "Rule", "Severity", "find"]

RULES: dict[str, Rule] = {rule.code: rule for rule in (*READING, *LANGUAGE, *STAGES, *STEPS, *PRACTICE)}
"""All rules by code, from those on a file's bytes to those on good practice."""


def find(code: str) -> Rule:
    """Return the rule with a code, with or without the prefix `spec.`; raise NotFound."""
    rule = RULES.get(code) or RULES.get(f"spec.{code}")
    if rule is None:
        slugs = [rule.slug for rule in RULES.values()]
        raise NotFound(
            f"There is no rule {code!r}", next_step=did_you_mean(code.removeprefix("spec."), slugs, what="rules")
        )
    return rule
