"""RECAST: collider searches archived as pinned workflows, run again for any model.

    import recast

    run = recast.run("atlas-susy-2018-31", points=["RegionA/sbottom_1400_950_60"])
    run.results.limit.cls_obs

Every command imports this module, so it imports almost nothing itself: the names of the API (`recast.api`) are imported
on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recast._version import __version__

if TYPE_CHECKING:
    from recast.api import (
        File,
        Limit,
        Result,
        Results,
        Rows,
        Run,
        Scan,
        Table,
        analyses,
        describe,
        list_runs,
        open_run,
        plan,
        run,
        scan,
        search,
        submit,
        which,
    )

__all__ = [
    "File",
    "Limit",
    "Result",
    "Results",
    "Rows",
    "Run",
    "Scan",
    "Table",
    "__version__",
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


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'recast' has no attribute {name!r}")
    from recast import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return __all__
