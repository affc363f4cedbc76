"""The Python API: what `import recast` provides to scripts and notebooks."""

from recast.api.results import File, Limit, Result, Results, Rows
from recast.api.run_handle import Run
from recast.api.scan_handle import Scan
from recast.api.table import Table
from recast.api.verbs import analyses, describe, list_runs, open_run, plan, run, scan, search, submit, which

__all__ = [
    "File",
    "Limit",
    "Result",
    "Results",
    "Rows",
    "Run",
    "Scan",
    "Table",
    "analyses",
    "describe",
    "list_runs",
    "open_run",
    "plan",
    "run",
    "scan",
    "search",
    "submit",
    "which",
]
