"""Rules for what the schema accepts but is wrong: one small function per rule, in tables.

A rule yields findings, each with a code, a position, a reason and a remedy. To add one, write the function, add it to a
table, its record to `recast.spec.rulebook` and its page to `docs/reference/rules`. The tables here are applied before
every run; those in `practice` only by `recast spec lint`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from recast.spec.findings import Finding
from recast.spec.rules import images, outputs, parameters, references, stages, writing
from recast.spec.rules.context import Scope, StageView

__all__ = [
    "LINT_SCOPE_RULES",
    "LINT_STAGE_RULES",
    "SCOPE_RULES",
    "STAGE_RULES",
    "Scope",
    "ScopeRule",
    "StageRule",
    "StageView",
]

ScopeRule = Callable[[Scope], Iterator[Finding]]
StageRule = Callable[[StageView], Iterator[Finding]]

SCOPE_RULES: tuple[ScopeRule, ...] = (
    stages.duplicate_names,
    references.circles,
)
"""Rules on a workflow as a whole."""

STAGE_RULES: tuple[StageRule, ...] = (
    stages.names,
    stages.body,
    stages.scatter,
    stages.process_without_environment,
    references.unknown_names,
    references.unknown_outputs,
    references.registered_values,
    references.unordered,
    parameters.commands,
    parameters.published_templates,
    parameters.published_parameters,
    parameters.parameter_values,
    parameters.unused,
    outputs.climbing_paths,
    writing.braces_as_map,
    writing.invisible_names,
    images.floating,
)
"""Rules on one stage in its scope."""
