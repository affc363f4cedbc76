"""Change the executor settings of a run that is not driven: a queue was misspelt, a registry was missing."""

from __future__ import annotations

import os
from dataclasses import replace

from recast.counted import are, counted
from recast.errors import UsageError
from recast.executors.settings import Setting
from recast.journal import RunLock
from recast.json_types import JsonObject
from recast.rundir import RunDirectory
from recast.runs.open_run import open_run
from recast.site import site_policies

__all__ = ["change_settings"]


def change_settings(directory: RunDirectory, given: JsonObject) -> list[str]:
    """Write executor settings into a run's request, where every command reads them; return a line for each change.

    Raises UsageError for an invalid value or a setting that cannot change any more; RunLocked while the run is driven.
    """
    from recast.config import load_config
    from recast.executors.values import executor_values, public_values, settings_of

    with RunLock(directory.lock):
        request = directory.request()
        before = request.executor_settings
        values = executor_values(request.executor, {**before, **given}, os.environ, load_config())
        after = public_values(request.executor, values)
        if policies := site_policies():
            from recast.prepare.site_rules import capped

            after = capped(policies, after)
        changed = [setting for setting in settings_of(request.executor) if _differ(setting.name, before, after)]
        under_way = len(open_run(directory).engine.in_flight) if changed else 0
        for setting in changed:
            _check(setting, request.executor, under_way)
        if changed:
            directory.write_request(replace(request, executor_settings=after))
    return [f"{item.name} of {request.executor}: {before.get(item.name)} -> {after[item.name]}" for item in changed]


def _differ(name: str, before: JsonObject, after: JsonObject) -> bool:
    return name in after and before.get(name) != after[name]


def _check(setting: Setting, executor: str, under_way: int) -> None:
    if setting.stays == "run":
        why = "The run's decisions so far depend on it, and are recomputed from its journal."
        next_step = "start another run; finished steps come from the cache"
    elif setting.stays == "jobs" and under_way:
        why = f"{counted(under_way, 'job')} {are(under_way)} in flight, and can only be found with the old value."
        next_step = "recast cancel RUN, then recast resume RUN with the new value"
    else:
        return
    raise UsageError(
        f"The setting {setting.name} of this run cannot be changed",
        where=setting.flag(executor),
        why=why,
        next_step=next_step,
    )
