"""The document about what goes on inside: queues, dispatchers, failures, nodes, quotas, mail, streams, disk."""

from __future__ import annotations

import shutil
from pathlib import Path

from recast.desk.objects import Operations
from recast.json_types import JsonDict
from recast.ledger.operating.overview import outbox_seen, quotas_seen, runs_seen, work_seen
from recast.paths import places
from recast.service.asked import Asked

__all__ = ["operations_told"]

_DAY_S = 86400.0
_SILENT_FACTOR = 4
"""A dispatcher that misses so many of its signs of life is silent."""


def operations_told(asked: Asked) -> JsonDict:
    """Return what goes on inside the service; raise NotFound for those who do not operate it."""
    asked.must(Operations())
    parts, ledger = asked.parts, asked.parts.ledger
    with ledger.reading() as connection:
        seen = {
            "work": work_seen(connection),
            "runs": runs_seen(connection),
            "quotas": quotas_seen(connection, asked.now, parts.settings.identity.quotas),
            "outbox": outbox_seen(connection),
        }
    return {
        "at": parts.clock(),
        **seen,
        "dispatchers": [_dispatcher(it, parts.clock()) for it in ledger.heartbeats.known()],
        "failures": {"day": ledger.troubles.by_class(_DAY_S), "week": ledger.troubles.by_class(7 * _DAY_S)},
        "nodes": ledger.troubles.by_node(_DAY_S),
        "streams": {"open": parts.watch.count},
        "disk": _disk(places().state_dir),
    }


def _dispatcher(told: JsonDict, now: float) -> JsonDict:
    every_s = float(told.get("every_s") or 15)
    return {**told, "silent": float(told["at"]) < now - _SILENT_FACTOR * every_s}


def _disk(folder: Path) -> JsonDict:
    """Return how full the disk is that a folder lies on, or will; nothing if nobody can tell."""
    there = next((it for it in (folder, *folder.parents) if it.exists()), folder)
    try:
        found = shutil.disk_usage(there)
    except OSError:
        return {}
    return {"total": found.total, "used": found.used, "free": found.free}
