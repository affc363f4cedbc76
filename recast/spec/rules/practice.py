"""The tables of the rules that only `recast spec lint` applies; a run does not need them."""

from __future__ import annotations

from recast.spec.rules import ScopeRule, StageRule, images, outputs, scripts, waiting, writing

__all__ = ["LINT_SCOPE_RULES", "LINT_STAGE_RULES"]

LINT_SCOPE_RULES: tuple[ScopeRule, ...] = (waiting.never_runs,)
"""Rules on a workflow as a whole."""

LINT_STAGE_RULES: tuple[StageRule, ...] = (
    waiting.empty_scatters,
    writing.braces_in_parameters,
    writing.confusable_names,
    scripts.missing_set_e,
    scripts.hidden_exits,
    scripts.fetches,
    scripts.host_paths,
    scripts.undeclared_resources,
    outputs.unmentioned_outputs,
    outputs.open_globs,
    outputs.no_output,
    images.malformed,
    images.host_processes,
    images.ignored_by_yadage,
)
"""Rules on one stage in its scope."""
