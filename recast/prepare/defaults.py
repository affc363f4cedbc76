"""A user's defaults for all runs: `[run]` in the configuration file, or RECAST_RUN_*."""

from __future__ import annotations

from collections.abc import Mapping

from recast.config import Config
from recast.json_types import JsonDict, JsonObject

__all__ = ["run_defaults"]


def run_defaults(given: JsonObject, environ: Mapping[str, str], config: Config) -> JsonDict:
    """Return runtime, max_parallel, max_steps (each None if not set) and cache, from flag, variable, file or default.

    Raises UsageError with the position of an invalid name or value.
    """
    plain = {"runtime": None, "max_parallel": None, "max_steps": None, "cache": True, **given}
    if not config.table("run") and not any(name.startswith("RECAST_RUN_") for name in environ):
        return plain
    from recast.executors.settings import Setting, resolve
    from recast.runtimes import runtime_names

    settings = (
        Setting("runtime", "Container runtime.", choices=tuple(runtime_names())),
        Setting("max_parallel", "Number of parallel jobs.", kind=int, least=1),
        Setting("max_steps", "Reject workflows with more steps.", kind=int, least=1),
        Setting("cache", "Whether cached results are used.", kind=bool, default=True),
    )
    checked = {name: value for name, value in given.items() if name != "runtime"}
    found = resolve("run", settings, checked, environ, config, table=("run",))
    return {item.setting.name: item.value for item in found} | dict(given)
