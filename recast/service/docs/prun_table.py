"""What each option of prun is in RECAST, as a table."""

from __future__ import annotations

from recast.submissions.prun import KINDS, prun_options

__all__ = ["prun_table"]


def prun_table() -> str:
    """Return a row for each long option of prun, sorted by what it is here, as Markdown (MyST)."""
    order = list(KINDS)
    found = sorted(prun_options(), key=lambda option: (order.index(option.kind), option.name.lower()))
    rows = [f"| `{option.name}` | {option.kind} | {_escaped(option.here)} |" for option in found]
    return "\n".join(("| prun | | here |", "|---|---|---|", *rows, ""))


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
