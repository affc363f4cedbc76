"""The Python API: what `import recast` provides to scripts and notebooks."""

from recast.api.results import File, Limit, Result, Results, Rows
from recast.api.run_handle import Run
from recast.api.table import Table
from recast.api.verbs import analyses, describe, list_runs, open_run, plan, run, search, submit, which

__all__ = [
    "File",
    "Limit",
    "Result",
    "Results",
    "Rows",
    "Run",
    "Table",
    "analyses",
    "describe",
    "list_runs",
    "open_run",
    "plan",
    "run",
    "search",
    "submit",
    "which",
]
