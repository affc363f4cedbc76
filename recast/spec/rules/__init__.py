"""What makes no sense although the schema accepts it: one small function a rule, in two tables.

A rule yields findings, each with a code of its own, a place, a reason and a remedy. To add one, write the function
and put it into its table; `recast spec lint` will read the same tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from recast.spec.findings import Finding
from recast.spec.rules import images, parameters, references, stages
from recast.spec.rules.context import Scope, StageView

__all__ = ["SCOPE_RULES", "STAGE_RULES", "Scope", "StageView"]

SCOPE_RULES: tuple[Callable[[Scope], Iterator[Finding]], ...] = (
    stages.duplicate_names,
    references.circles,
)
"""Rules on a workflow as a whole."""

STAGE_RULES: tuple[Callable[[StageView], Iterator[Finding]], ...] = (
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
    images.floating,
)
"""Rules on one stage in its scope."""
