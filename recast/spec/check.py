"""Apply the rules to a workflow and all its sub-workflows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from recast.spec.findings import Finding
from recast.spec.model import Position, Workflow
from recast.spec.references import Node
from recast.spec.rules import SCOPE_RULES, STAGE_RULES, Scope
from recast.spec.rules.context import sub_workflows

__all__ = ["check_workflow_rules"]


def check_workflow_rules(workflow: Workflow, nodes: Mapping[Position, Node]) -> list[Finding]:
    """Return all findings, errors and warnings, in the order of the files; `nodes` says where things are written."""
    findings = [finding for scope in _scopes(Scope(workflow, nodes)) for finding in _judge(scope)]
    return sorted(dict.fromkeys(findings), key=_order)


def _scopes(root: Scope) -> Iterator[Scope]:
    """Return the root scope and every different way in which a sub-workflow is called."""
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


def _judge(scope: Scope) -> Iterator[Finding]:
    for scope_rule in SCOPE_RULES:
        yield from scope_rule(scope)
    for view in scope.views:
        for stage_rule in STAGE_RULES:
            yield from stage_rule(view)


def _order(finding: Finding) -> tuple[str, int, str]:
    place = finding.position
    return (place.file, place.line, place.key) if place is not None else ("", 0, "")
