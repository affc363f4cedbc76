"""The page of a rule: its head from the table, a bad and a good example written by hand."""

from __future__ import annotations

from recast.spec.rulebook.rule import Rule

__all__ = ["EXAMPLES", "head", "index"]

EXAMPLES = "## Bad"
"""The heading at which a page's own part starts."""


def head(rule: Rule) -> str:
    """Return the part of a rule's page that comes from the table."""
    effect = " `recast run` rejects such a spec." if rule.stops_run and rule.severity == "error" else ""
    return (
        f"# {rule.code}\n\n**{rule.title}.** {rule.severity.capitalize()}.{effect}\n\n"
        f"Why: {rule.why}\n\nWhat to do: {rule.fix}\n\n"
    )


def index(rules: list[Rule]) -> str:
    """Return the page that lists all rules."""
    lines = [
        "# The rules of `recast spec lint`",
        "",
        "Generated from `recast.spec.rulebook` by `scripts/rule-pages`. `recast spec lint --explain` prints a page.",
        "",
        "| code | severity | stops a run | finding |",
        "|---|---|---|---|",
    ]
    for rule in sorted(rules, key=lambda rule: rule.code):
        stops = "yes" if rule.stops_run else ""
        lines.append(f"| [{rule.code}]({rule.code}.md) | {rule.severity} | {stops} | {rule.title} |")
    return "\n".join(lines) + "\n"
