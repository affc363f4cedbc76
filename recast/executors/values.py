"""The settings of one executor with their values."""

from __future__ import annotations

import os
from collections.abc import Mapping

from recast.config import Config
from recast.errors import UsageError
from recast.executors.registry import executor_class, executors
from recast.executors.settings import Setting, Value, resolve
from recast.json_types import JsonDict, JsonObject
from recast.suggest import nearest

__all__ = ["check_tables", "executor_of", "executor_settings", "executor_values", "public_values", "settings_of"]


def settings_of(name: str) -> tuple[Setting, ...]:
    """Return the settings of an executor; raise UsageError for an unknown name, ExecutorError for a broken one."""
    # The local executor has no settings, and is not imported here, since the start-up time of `recast run` matters.
    found: tuple[Setting, ...] = () if name == "local" else getattr(executor_class(name), "settings", ())
    return found


def executor_settings(
    name: str, given: JsonObject, environ: Mapping[str, str], config: Config, *, said: str = ""
) -> tuple[Value, ...]:
    """Return each setting with its value and its origin; raises as `resolve` does."""
    check_tables(config)
    return resolve(name, settings_of(name), given, environ, config, said=said)


def executor_values(
    name: str, given: JsonObject, environ: Mapping[str, str], config: Config, *, said: str = ""
) -> JsonObject:
    """Return every setting of an executor by name, including secrets, as its class expects them.

    `given` are flags, or what a run recorded (`RunOrder.executor_settings`): both take precedence over variables and
    file. `said` is their location in messages. Raises UsageError for an invalid name or value, ExecutorError if the
    executor cannot be loaded.
    """
    return {item.setting.name: item.value for item in executor_settings(name, given, environ, config, said=said)}


def public_values(name: str, values: JsonObject) -> JsonDict:
    """Return the settings that a run may record: all but secrets; None for those that are not set."""
    secret = {setting.name for setting in settings_of(name) if setting.secret} if values else set()
    return {key: value for key, value in values.items() if key not in secret}


def check_tables(config: Config) -> None:
    """Raise UsageError for a table `executors.NAME` in the configuration file whose NAME is not an executor."""
    named = config.table("executors")
    known = [entry.name for entry in executors()] if named else []
    for name in named:
        if name not in known:
            near = nearest(name, known)
            raise UsageError(
                f"There is no executor {name!r}",
                where=config.where("executors", name),
                why=f"Did you mean {near}?" if near else f"Installed are: {', '.join(known)}.",
                next_step="recast executors ls",
            )


def executor_of(flag: str | None, config: Config, environ: Mapping[str, str] | None = None) -> str:
    """Return the chosen executor: from the flag, RECAST_EXECUTOR, the configuration file, else `local`."""
    env = os.environ if environ is None else environ
    name = flag or env.get("RECAST_EXECUTOR") or config.document.get("executor", "local")
    if not isinstance(name, str):
        raise UsageError(f"{name!r} is not an executor", where=config.where("executor"), next_step='executor = "slurm"')
    return name
