"""Stages that have not expanded, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recast.cli.output import say

__all__ = ["print_open"]

MOST_LINES = 20
"""A scan has thousands; -o json has all."""


def print_open(stages: Sequence[Mapping[str, str]]) -> None:
    """Print a line for each open stage, as `recast.reports.unexpanded.open_stages` returns them."""
    for stage in stages[:MOST_LINES]:
        waits = f"waits for {stage['waits_for']}, then makes" if stage["waits_for"] else "cannot expand; it would make"
        say(f"open: {stage['stage']} {waits} {stage['makes']}")
    if len(stages) > MOST_LINES:
        say(f"open: ... and {len(stages) - MOST_LINES:,} more (-o json has all)")
