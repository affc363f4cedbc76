"""Apply the rules to a workflow and all its sub-workflows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from recast.spec.findings import Finding
from recast.spec.model import Position, Workflow
from recast.spec.references import Node
from recast.spec.rules import SCOPE_RULES, STAGE_RULES, Scope, ScopeRule, StageRule
from recast.spec.rules.context import sub_workflows

__all__ = ["check_workflow_rules"]


def check_workflow_rules(workflow: Workflow, nodes: Mapping[Position, Node], *, lint: bool = False) -> list[Finding]:
    """Return all findings in the order of the files; `nodes` gives the positions of values.

    With `lint`, the rules that a run does not need are applied, too.
    """
    of_scope, of_stage = SCOPE_RULES, STAGE_RULES
    if lint:
        from recast.spec.rules.practice import LINT_SCOPE_RULES, LINT_STAGE_RULES

        of_scope, of_stage = (*of_scope, *LINT_SCOPE_RULES), (*of_stage, *LINT_STAGE_RULES)
    scopes = _scopes(Scope(workflow, nodes))
    findings = [finding for scope in scopes for finding in _judge(scope, of_scope, of_stage)]
    return sorted(dict.fromkeys(findings), key=_order)


def _scopes(root: Scope) -> Iterator[Scope]:
    """Yield the root scope, and one scope for every different call of a sub-workflow."""
    seen: set[tuple[int, frozenset[str] | None]] = set()
    ahead = [root]
    while ahead:
        scope = ahead.pop()
        key = (id(scope.workflow), scope.inputs)
        if key in seen:
            continue
        seen.add(key)
        yield scope
        ahead += [scope.inside(stage, body) for stage in scope.workflow.stages for body in sub_workflows(stage)]


def _judge(scope: Scope, of_scope: tuple[ScopeRule, ...], of_stage: tuple[StageRule, ...]) -> Iterator[Finding]:
    for scope_rule in of_scope:
        yield from scope_rule(scope)
    for view in scope.views:
        for stage_rule in of_stage:
            yield from stage_rule(view)


def _order(finding: Finding) -> tuple[str, int, str]:
    place = finding.position
    return (place.file, place.line, place.key) if place is not None else ("", 0, "")
